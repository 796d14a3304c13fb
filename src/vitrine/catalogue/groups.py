"""Every recording rule in its group; a group is evaluated in its order, at its own pace."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from vitrine.catalogue import history
from vitrine.catalogue.dashboards import DASHBOARDS
from vitrine.catalogue.external import EXTERNAL
from vitrine.catalogue.metric import Metric
from vitrine.catalogue.metrics import CATALOGUE
from vitrine.catalogue.objectives import LIMITS, RATIOS
from vitrine.catalogue.promql import Recorded
from vitrine.catalogue.recording import (
    API_P95,
    CACHE_HIT_RATE,
    DB_P99,
    bad_minute,
    budget_left,
    covered,
    figure,
    of_objective,
)
from vitrine.catalogue.reported import REPORTED

BUDGETS_EVERY = "5m"
"""A budget of 30 days moves slowly, and to read 30 days costs something."""


class Group(NamedTuple):
    """Recording rules that are evaluated together, `every` so often; at each scrape if empty."""

    name: str
    rules: tuple[Recorded, ...]
    every: str = ""


def alerting_groups() -> Iterator[Group]:
    """Yield the groups that alerts read."""
    yield Group("service", (API_P95, DB_P99, CACHE_HIT_RATE))
    for objective in RATIOS:
        yield Group(f"objective_{objective.id}", tuple(of_objective(objective)))


def lasting_groups() -> Iterator[Group]:
    """Yield the groups that only people read, of which much is kept for a year."""
    limits = (rule for limit in LIMITS for rule in (figure(limit), bad_minute(limit)))
    yield Group("limits", tuple(limits), history.EVERY)
    budgets = (rule for ratio in RATIOS for rule in (budget_left(ratio), covered(ratio)))
    yield Group("budgets", tuple(budgets), BUDGETS_EVERY)
    yield Group("history", tuple(_history()), history.EVERY)


def all_recorded() -> Iterator[Recorded]:
    """Yield every recording rule."""
    for group in (*alerting_groups(), *lasting_groups()):
        yield from group.rules


def known() -> dict[str, Metric | Recorded]:
    """Return whatever a query may select, by name; a histogram under that of its parts' stem."""
    metrics = {metric.name: metric for metric in (*CATALOGUE, *EXTERNAL)}
    return {**metrics, **{rule.name: rule for rule in all_recorded()}}


def _history() -> Iterator[Recorded]:
    """Yield what dashboards and reports say of the past and no other group records."""
    others = {rule for group in alerting_groups() for rule in group.rules}
    queries = (
        query.expression
        for board in DASHBOARDS
        for panel in board.panels
        for query in panel.queries
    )
    shown = (
        record
        for expression in (*queries, *REPORTED)
        for record in expression.records()
        if record not in others and not record.labels
    )
    return iter(dict.fromkeys(shown))
