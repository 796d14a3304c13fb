"""What is left of each objective's budget, and on how many days that rests."""

from __future__ import annotations

from collections.abc import Iterator

from vitrine.catalogue.objective import DAYS, spoken
from vitrine.catalogue.objectives import RATIOS
from vitrine.operations.report.section import Column, Figure, Point, Section, Table, Unit
from vitrine.operations.report.subject import Subject
from vitrine.operations.slo import Kind, Standing, standings

LEAST_DAYS = 1.0
"""A budget of 30 days that rests on less says so, and is called neither kept nor spent."""
LITTLE = 0.25
COLUMNS = (
    Column("objective"),
    Column("now"),
    Column("kept"),
    Column("rests on"),
)
ALERTS = {ratio.id: ratio.alert(min(ratio.burns(), key=lambda burn: burn.rate)) for ratio in RATIOS}


def promises(subject: Subject) -> Section:
    """Return where each objective stands at the end of the period."""
    found = list(standings(subject.questions.value))
    judged = [one for one in found if one.budget_left is not None and one.days >= LEAST_DAYS]
    lowest = min(judged, key=lambda one: one.budget_left or 0.0, default=None)
    return Section(
        "objectives",
        "Objectives",
        "every budget has room" if judged else "no objective has a day of traffic to judge it by",
        [_headline(lowest)],
        [point for one in found for point in _points(one, subject)],
        [Table(f"Budgets of {DAYS} days", COLUMNS, [_row(one) for one in found])],
    )


def _headline(lowest: Standing | None) -> Figure:
    name = "lowest budget left"
    if lowest is None:
        return Figure(name, Unit.SHARE, None, missing="too little data", headline=True)
    return Figure(
        name,
        Unit.SHARE,
        lowest.budget_left,
        note=f"{lowest.id}, {_rests(lowest)}",
        headline=True,
        out_of_order=(lowest.budget_left or 0.0) < 0,
    )


def _row(one: Standing) -> list[str]:
    now = "no traffic" if one.now is None else spoken(one.now, one.unit)
    return [one.title, now, _kept(one), "" if one.kind is Kind.TREND else _rests(one)]


def _kept(one: Standing) -> str:
    if one.kind is Kind.TREND:
        return "" if one.change is None else f"{one.change:+.1%} in an hour"
    if one.budget_left is None and one.bad_minutes is None:
        return "no traffic"
    if one.days < LEAST_DAYS:
        return "too little data"
    if one.budget_left is not None:
        return f"{one.budget_left:.0%} of the budget left"
    return f"{one.bad_minutes:,.0f} bad minutes"


def _rests(one: Standing) -> str:
    return f"covers {one.days:.1f} of {DAYS} days"


def _points(one: Standing, subject: Subject) -> Iterator[Point]:
    left = one.budget_left
    if left is None or left >= LITTLE or one.days < LEAST_DAYS:
        return
    text = f"{one.title}: {left:.0%} of the budget left ({_rests(one)})"
    if left < 0:
        text = f"{one.title}: the budget is overspent by {-left:.0%} ({_rests(one)})"
    do = "mend what spends it before anything new; its runbook says where to look"
    yield Point(text, do, link=subject.links.runbook(ALERTS[one.id]))
