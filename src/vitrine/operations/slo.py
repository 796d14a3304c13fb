"""Are the promises kept? Each objective where it stands, as far as there is data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import NamedTuple

from vitrine.catalogue.objective import DAYS, Limit, Ratio, Trend
from vitrine.catalogue.objectives import LIMITS, RATIOS, TRENDS
from vitrine.catalogue.promql import (
    count_over_time,
    one_minus,
    select,
    total_over_time,
)
from vitrine.catalogue.recording import (
    MINUTES_A_DAY,
    MONTH,
    bad_minute,
    bad_share,
    budget_left,
    covered,
    figure,
    growth,
    recorded_trend,
)

Ask = Callable[[str], float | None]
"""Return the value of a query, or `None` where there is none."""


class Kind(StrEnum):
    """What kind of promise an objective is."""

    RATIO = "ratio"
    LIMIT = "limit"
    TREND = "trend"


class Standing(NamedTuple):
    """Where an objective stands; what is `None` has no traffic to say it from.

    `now` is the share of good events of the last hour (or of the objective's shortest long
    window), the figure of the last minute, or a trend's figure, in `unit`. `budget_left` is
    the share of the budget of 30 days that is left, negative where it is overspent;
    `bad_minutes` those above a limit in that time; `change` how much a trend's figure grew.
    `days` says how many of the 30 days are covered.
    """

    id: str
    kind: Kind
    title: str
    target: float | None
    unit: str
    now: float | None
    days: float
    budget_left: float | None = None
    bad_minutes: float | None = None
    change: float | None = None


def standings(ask: Ask) -> Iterator[Standing]:
    """Yield where each objective stands."""
    yield from (_of_ratio(ratio, ask) for ratio in RATIOS)
    yield from (_of_limit(limit, ask) for limit in LIMITS)
    yield from (_of_trend(trend, ask) for trend in TRENDS)


def _of_ratio(ratio: Ratio, ask: Ask) -> Standing:
    shortest = max(ratio.burns(), key=lambda burn: burn.rate).long
    share = ask(str(covered(ratio).expression))
    return Standing(
        ratio.id,
        Kind.RATIO,
        ratio.title,
        ratio.target,
        "share",
        now=ask(str(one_minus(select(bad_share(ratio, shortest))))),
        days=min(share or 0.0, 1.0) * DAYS,
        budget_left=ask(str(budget_left(ratio).expression)),
    )


def _of_limit(limit: Limit, ask: Ask) -> Standing:
    minutes = ask(str(count_over_time(select(bad_minute(limit), objective=limit.id), MONTH)))
    bad = ask(str(total_over_time(select(bad_minute(limit), objective=limit.id), MONTH)))
    return Standing(
        limit.id,
        Kind.LIMIT,
        limit.title,
        limit.most,
        limit.unit,
        now=ask(str(select(figure(limit), objective=limit.id))),
        days=(minutes or 0.0) / MINUTES_A_DAY,
        bad_minutes=bad if minutes else None,
    )


def _of_trend(trend: Trend, ask: Ask) -> Standing:
    return Standing(
        trend.id,
        Kind.TREND,
        trend.title,
        None,
        "share",
        now=ask(str(select(recorded_trend(trend)))),
        days=0.0,
        change=ask(str(growth(trend))),
    )
