"""Are the promises kept? Each objective with its budget, as far as there is data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from vitrine.catalogue.objective import DAYS, Ratio
from vitrine.catalogue.objectives import OBJECTIVES
from vitrine.catalogue.promql import increase, minutes_with, one_minus, select, sum_of
from vitrine.catalogue.recording import bad, bad_share, total

Ask = Callable[[str], float | None]
"""Return the value of a query, or `None` where there is none."""
MINUTES_A_DAY = 1_440
WINDOW = f"{DAYS}d"


class Standing(NamedTuple):
    """Where an objective stands; what is `None` has no traffic to say it from.

    `now` is the share of good events of the last hour (or of the objective's shortest long
    window), `budget_left` the share of the budget of 30 days that is left, negative where it
    is overspent. `days` says how many of the 30 days are covered.
    """

    id: str
    title: str
    target: float
    now: float | None
    budget_left: float | None
    days: float


def standings(ask: Ask) -> Iterator[Standing]:
    """Yield where each objective stands."""
    for objective in OBJECTIVES:
        shortest = max(objective.burns(), key=lambda burn: burn.rate).long
        now = ask(str(one_minus(select(bad_share(objective, shortest)))))
        minutes = ask(str(minutes_with(select(total(objective)), WINDOW))) or 0.0
        days = min(minutes / MINUTES_A_DAY, float(DAYS))
        left = _budget_left(objective, ask)
        yield Standing(objective.id, objective.title, objective.target, now, left, days)


def _budget_left(objective: Ratio, ask: Ask) -> float | None:
    counted = ask(str(sum_of(increase(select(total(objective)), WINDOW))))
    if not counted:
        return None
    missed = ask(str(sum_of(increase(select(bad(objective)), WINDOW)))) or 0.0
    return 1.0 - missed / (counted * objective.budget)
