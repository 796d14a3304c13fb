"""What is recorded: what alerts and dashboards would otherwise compute over long ranges anew."""

from __future__ import annotations

from collections.abc import Iterator

from vitrine.catalogue.metrics import API_DURATION, DB_DURATION
from vitrine.catalogue.objective import DAYS, Limit, Ratio, Trend
from vitrine.catalogue.objectives import CACHE_WARMING, VISITORS
from vitrine.catalogue.promql import (
    Expression,
    Recorded,
    bucket,
    by,
    delta,
    histogram_quantile,
    increase,
    minutes_with,
    one_minus,
    rate,
    ratio,
    select,
    sum_by,
    sum_of,
)

MONTH = f"{DAYS}d"
MINUTES_A_DAY = 1_440


def recorded_trend(trend: Trend) -> Recorded:
    """Return the record of a trend's figure."""
    return Recorded(trend.record, trend.figure, f"{trend.title}.")


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
CACHE_HIT_RATE = recorded_trend(CACHE_WARMING)


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
    """Yield what an objective's alerts read, in the order in which it is needed."""
    yield bad(objective)
    yield total(objective)
    windows = [window for burn in objective.burns() for window in (burn.short, burn.long)]
    for window in dict.fromkeys(windows):
        yield bad_share(objective, window)


def budget_left(objective: Ratio) -> Recorded:
    """Return the record of the share of an objective's budget that is left; negative if none.

    Those of all objectives have one name and differ by the label `objective`.
    """
    missed = sum_of(increase(select(bad(objective)), MONTH))
    counted = sum_of(increase(select(total(objective)), MONTH))
    return Recorded(
        f"objective:budget_left:ratio{MONTH}",
        one_minus(by(ratio(missed, counted), objective.budget)),
        f"Share of the budget of {DAYS} days that is left, by objective.",
        (("objective", objective.id),),
    )


def covered(objective: Ratio) -> Recorded:
    """Return the record of the share of the days of a budget that have data, by objective."""
    minutes = minutes_with(select(total(objective)), MONTH)
    return Recorded(
        f"objective:budget_covered:ratio{MONTH}",
        by(minutes, MINUTES_A_DAY * DAYS),
        f"Share of the {DAYS} days that have data, by objective.",
        (("objective", objective.id),),
    )


def figure(limit: Limit) -> Recorded:
    """Return the record of a limit's figure, once a minute, by objective."""
    return Recorded(
        "objective:limit_figure:value1m",
        limit.figure,
        "The figure of a limit in this minute, by objective.",
        (("objective", limit.id),),
    )


def bad_minute(limit: Limit) -> Recorded:
    """Return the record that is 1 in a minute above the limit and 0 in any other, by objective."""
    return Recorded(
        "objective:limit_bad:bool1m",
        limit.figure.is_above(limit.most),
        "1 in a minute above the limit, 0 in another that had something to measure, by objective.",
        (("objective", limit.id),),
    )


def growth(trend: Trend) -> Expression:
    """Return how much a trend's figure has grown over its window."""
    return delta(select(recorded_trend(trend)), trend.window)


def needed_by(expression: Expression) -> list[Recorded]:
    """Return what must be recorded for an expression, the first needed first."""
    found: dict[Recorded, None] = {}
    for record in expression.records():
        found |= dict.fromkeys((*needed_by(record.expression), record))
    return list(found)


def scraped_by(expression: Expression) -> frozenset[str]:
    """Return the names of the scraped series that an expression rests on, however indirectly."""
    names = set(expression.metrics())
    for rule in needed_by(expression):
        names |= rule.expression.metrics()
    return frozenset(name for name in names if ":" not in name)


def events_in(objective: Ratio, window: str) -> Expression:
    """Return how many events of an objective there were in a window."""
    return sum_of(increase(select(total(objective)), window))
