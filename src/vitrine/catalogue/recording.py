"""What is recorded: what alerts and dashboards would otherwise compute over long ranges anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vitrine.catalogue.metrics import API_DURATION, CACHE_HITS, CACHE_MISSES, DB_DURATION
from vitrine.catalogue.objective import Ratio
from vitrine.catalogue.objectives import OBJECTIVES, VISITORS
from vitrine.catalogue.promql import (
    Expression,
    Recorded,
    bucket,
    histogram_quantile,
    increase,
    rate,
    ratio,
    select,
    sum_by,
    sum_of,
)

_hits = sum_of(rate(select(CACHE_HITS), "5m"))
_misses = sum_of(rate(select(CACHE_MISSES), "5m"))

API_P95 = Recorded(
    "service:api_request_duration_seconds:p95_rate5m",
    histogram_quantile(0.95, sum_by(rate(bucket(API_DURATION, endpoint=VISITORS), "5m"), "le")),
    "Seconds that 19 of 20 requests of visitors stay below.",
)
DB_P99 = Recorded(
    "service:db_query_duration_seconds:p99_rate5m",
    histogram_quantile(0.99, sum_by(rate(bucket(DB_DURATION), "5m"), "le")),
    "Seconds that 99 of 100 statements stay below.",
)
CACHE_HIT_RATE = Recorded(
    "service:cache_hits:ratio_rate5m",
    ratio(_hits, _hits + _misses),
    "Share of look-ups that found a value.",
)


def bad(objective: Ratio) -> Recorded:
    """Return the record of an objective's bad events, per instance: a restart stays a reset."""
    return Recorded(
        f"instance:objective_{objective.id}_bad:sum",
        objective.bad,
        f"Bad events: {objective.title}.",
    )


def total(objective: Ratio) -> Recorded:
    """Return the record of all events that an objective counts, per instance."""
    return Recorded(
        f"instance:objective_{objective.id}_total:sum",
        objective.total,
        f"Events that count: {objective.title}.",
    )


def bad_share(objective: Ratio, window: str) -> Recorded:
    """Return the record of an objective's share of bad events over a window."""
    missed = sum_of(rate(select(bad(objective)), window))
    whole = sum_of(rate(select(total(objective)), window))
    return Recorded(
        f"objective:{objective.id}_bad:ratio_rate{window}",
        ratio(missed, whole),
        f"Share of bad events in {window}: {objective.title}.",
    )


def of_objective(objective: Ratio) -> Iterator[Recorded]:
    """Yield all that is recorded for an objective, in the order in which it is needed."""
    yield bad(objective)
    yield total(objective)
    windows = [window for burn in objective.burns() for window in (burn.short, burn.long)]
    for window in dict.fromkeys(windows):
        yield bad_share(objective, window)


def all_recorded() -> Iterator[Recorded]:
    """Yield every recording rule."""
    yield from (API_P95, DB_P99, CACHE_HIT_RATE)
    for objective in OBJECTIVES:
        yield from of_objective(objective)


def needed_by(expression: Expression) -> list[Recorded]:
    """Return what must be recorded for an expression, the first needed first."""
    known = {rule.name: rule for rule in all_recorded()}
    found: dict[str, Recorded] = {}

    def add(names: Iterable[str]) -> None:
        for name in sorted(names):
            if name in known and name not in found:
                add(known[name].expression.metrics())
                found[name] = known[name]

    add(expression.metrics())
    return list(found.values())


def events_in(objective: Ratio, window: str) -> Expression:
    """Return how many events of an objective there were in a window."""
    return sum_of(increase(select(total(objective)), window))
