from __future__ import annotations

from vitrine.catalogue.labels import FINGERPRINT
from vitrine.catalogue.metric import Metric
from vitrine.catalogue.metrics import (
    CATALOGUE,
    DB_CONNECTIONS,
    DB_DURATION,
    DB_INDEX_USE,
    DB_POOL_SIZE,
    DB_POOL_TIMEOUTS,
    DB_POOL_WAIT,
    DB_QUERIES,
    DB_SLOW,
    DB_SLOW_LAST,
    DB_SLOW_WORST,
)
from vitrine.signals import Access, ConnectionWaited, PlanFound, StatementExecuted, StatementSlow
from vitrine.telemetry.database import executed, planned, slow, waited, watch_pool
from vitrine.telemetry.registry import Registry


def registry() -> Registry:
    tables = ("visits", "notes", "none", "other")
    return Registry(CATALOGUE, {"table": tables}, {DB_DURATION.name: [("commit", "none")]})


def values(found: Registry, metric: Metric) -> dict[tuple[str, ...], float]:
    return {labels: cell.value for labels, cell in found[metric].cells.items()}


def test_a_statement_counts_by_operation_and_table_and_is_timed() -> None:
    found = registry()
    count = executed(found)
    count(StatementExecuted("commit", "none", 0.003))
    count(StatementExecuted("commit", "none", 0.3))
    count(StatementExecuted("select", "visits", 0.001))
    assert values(found, DB_QUERIES)["commit", "none"] == 2
    assert values(found, DB_QUERIES)["select", "visits"] == 1
    timed = found[DB_DURATION].histograms["commit", "none"]
    assert (sum(timed.counts), timed.total) == (2, 0.303)
    assert set(found[DB_DURATION].histograms) == {("commit", "none"), ("select", "visits")}


def test_a_slow_statement_keeps_its_last_and_its_worst_time() -> None:
    found = registry()
    count = slow(found)
    for seconds in (0.2, 0.9, 0.4):
        count(StatementSlow("commit", "COMMIT", seconds))
    assert values(found, DB_SLOW) == {("commit",): 3}
    assert values(found, DB_SLOW_LAST) == {("commit",): 0.4}
    assert values(found, DB_SLOW_WORST) == {("commit",): 0.9}


def test_more_fingerprints_than_the_bound_are_others() -> None:
    found = registry()
    count = slow(found)
    for number in range(1_000):
        count(StatementSlow(f"select_visits_{number:04x}", "SELECT", 0.2))
    assert len(values(found, DB_SLOW)) <= FINGERPRINT.most + 1
    assert sum(values(found, DB_SLOW).values()) == 1_000
    assert values(found, DB_SLOW)["other",] > 900


def test_a_wait_without_a_connection_is_a_wait_and_a_timeout() -> None:
    found = registry()
    count = waited(found)
    count(ConnectionWaited(0.0002, obtained=True))
    count(ConnectionWaited(5.0, obtained=False))
    assert sum(found[DB_POOL_WAIT].histograms[()].counts) == 2
    assert values(found, DB_POOL_TIMEOUTS) == {(): 1}


def test_a_plan_is_one_series() -> None:
    found = registry()
    planned(found)(PlanFound("select_notes_00ff", Access.PRIMARY_KEY, "SELECT"))
    assert values(found, DB_INDEX_USE) == {("select_notes_00ff", "primary_key"): 1}


def test_the_pool_is_read_before_each_scrape() -> None:
    found = registry()
    in_use = 3
    watch_pool(found, lambda: in_use, 20)
    assert values(found, DB_POOL_SIZE) == {(): 20}
    found.refresh()
    assert values(found, DB_CONNECTIONS) == {(): 3}
    in_use = 0
    found.refresh()
    assert values(found, DB_CONNECTIONS) == {(): 0}
