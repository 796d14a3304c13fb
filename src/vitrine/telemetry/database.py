"""What the database's signals count as."""

from __future__ import annotations

from collections.abc import Callable

from vitrine.catalogue.metrics import (
    DB_CONNECTIONS,
    DB_DURATION,
    DB_INDEX_USE,
    DB_LONGEST_TRANSACTION,
    DB_POOL_SIZE,
    DB_POOL_TIMEOUTS,
    DB_POOL_WAIT,
    DB_QUERIES,
    DB_ROWS,
    DB_SCANS,
    DB_SERVER_MEAN,
    DB_SIZE,
    DB_SLOW,
    DB_SLOW_LAST,
    DB_SLOW_WORST,
)
from vitrine.signals import (
    Access,
    ConnectionWaited,
    DatabaseLooked,
    PlanFound,
    StatementExecuted,
    StatementSlow,
    StatementTimed,
)
from vitrine.telemetry.registry import Cell, HistogramCell, Registry


def executed(registry: Registry) -> Callable[[StatementExecuted], None]:
    """Return what counts a statement."""
    queries, durations = registry[DB_QUERIES], registry[DB_DURATION]
    cells: dict[tuple[str, str], tuple[Cell, HistogramCell]] = {}

    def count(signal: StatementExecuted) -> None:
        operation, table, seconds = signal
        found = cells.get((operation, table))
        if found is None:
            found = queries.cell(operation, table), durations.histogram(operation, table)
            cells[operation, table] = found
        found[0].value += 1
        found[1].observe(seconds)

    return count


def slow(registry: Registry) -> Callable[[StatementSlow], None]:
    """Return what counts a slow statement and keeps its last and worst time."""
    slow, last, worst = registry[DB_SLOW], registry[DB_SLOW_LAST], registry[DB_SLOW_WORST]

    def count(signal: StatementSlow) -> None:
        slow.inc(signal.fingerprint)
        last.set(signal.seconds, signal.fingerprint)
        slowest = worst.cell(signal.fingerprint)
        slowest.value = max(slowest.value, signal.seconds)

    return count


def waited(registry: Registry) -> Callable[[ConnectionWaited], None]:
    """Return what counts a wait for a connection."""
    waits = registry[DB_POOL_WAIT].histogram()
    timeouts = registry[DB_POOL_TIMEOUTS].cell()

    def count(signal: ConnectionWaited) -> None:
        waits.observe(signal.seconds)
        timeouts.value += not signal.obtained

    return count


def planned(registry: Registry) -> Callable[[PlanFound], None]:
    """Return what notes how a statement reaches its rows."""
    use = registry[DB_INDEX_USE]
    return lambda signal: use.set(1.0, signal.fingerprint, signal.access.value)


def looked(registry: Registry) -> Callable[[DatabaseLooked], None]:
    """Return what keeps what the database last said of itself."""
    size, longest = registry[DB_SIZE], registry[DB_LONGEST_TRANSACTION]
    rows, scans = registry[DB_ROWS], registry[DB_SCANS]

    def keep(signal: DatabaseLooked) -> None:
        size.set(signal.size_bytes)
        longest.set(signal.longest_transaction_s)
        for table, state in signal.tables.items():
            rows.set(state.live, table, "live")
            rows.set(state.dead, table, "dead")
            scans.set(state.index_scans, table, Access.INDEX.value)
            scans.set(state.full_scans, table, Access.FULL_SCAN.value)

    return keep


def timed(registry: Registry) -> Callable[[StatementTimed], None]:
    """Return what keeps the database's own times of a statement."""
    mean = registry[DB_SERVER_MEAN]
    return lambda signal: mean.set(signal.mean_s, signal.fingerprint)


def watch_pool(registry: Registry, in_use: Callable[[], int], size: int) -> None:
    """Have the pool's gauges read before each scrape."""
    registry[DB_POOL_SIZE].set(size)
    registry.before_scrape(lambda: registry[DB_CONNECTIONS].set(in_use()))
