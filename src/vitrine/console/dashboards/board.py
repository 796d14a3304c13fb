"""A dashboard's data: every panel asked at once, each failing alone."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from vitrine.catalogue.dashboard import Dashboard, Panel
from vitrine.console.dashboards.answers import Answers, ask
from vitrine.console.dashboards.figures import DRAW, Picture
from vitrine.console.dashboards.marks import Mark, firing
from vitrine.console.dashboards.period import Period
from vitrine.console.dashboards.selection import (
    INSTANCE,
    JOB,
    PROVIDER,
    Selection,
    Variable,
    filled,
)
from vitrine.console.dashboards.state import State, known_series, series_of
from vitrine.usecases.monitoring_ports import (
    MonitoringUnavailableError,
    QuestionRefusedError,
    SeriesStore,
)

Offered = Mapping[str, Sequence[str]]
"""The values of each variable."""


class Shown(NamedTuple):
    """What became of a panel: a picture, or why there is none, with what Prometheus said."""

    panel: Panel
    picture: Picture | None
    state: State | None = None
    problem: str = ""


class Board(NamedTuple):
    """Everything that a dashboard shows."""

    shown: Sequence[Shown]
    offered: Offered
    marks: Sequence[Mark]
    problem: str = ""


async def fill(
    store: SeriesStore, dashboard: Dashboard, selected: Selection, period: Period
) -> Board:
    """Return a dashboard's panels with what Prometheus knows of them; never raises."""
    try:
        offered = await _offered(store, dashboard, selected, period)
    except (MonitoringUnavailableError, QuestionRefusedError) as problem:
        nothing = [Shown(panel, None, State.NO_PROMETHEUS) for panel in dashboard.panels]
        return Board(nothing, {}, (), str(problem))
    providers = offered.get(PROVIDER.name, ())
    panels = (_shown(store, panel, selected, period, providers) for panel in dashboard.panels)
    marks, shown = await asyncio.gather(_marks(store, period), asyncio.gather(*panels))
    return Board(await _explained(store, shown, selected, period), offered, marks)


async def _offered(
    store: SeriesStore, dashboard: Dashboard, selected: Selection, period: Period
) -> Offered:
    variables = [JOB, INSTANCE, PROVIDER] if dashboard.provider else [JOB, INSTANCE]

    async def values(variable: Variable) -> Sequence[str]:
        selector = filled(variable.selector, selected, period)
        return await store.values(variable.name, selector, period.start, period.end)

    found = await asyncio.gather(*map(values, variables))
    return {variable.name: one for variable, one in zip(variables, found, strict=True)}


async def _marks(store: SeriesStore, period: Period) -> Sequence[Mark]:
    try:
        return await firing(store, period)
    except (MonitoringUnavailableError, QuestionRefusedError):
        return ()


async def _shown(
    store: SeriesStore,
    panel: Panel,
    selected: Selection,
    period: Period,
    providers: Sequence[str],
) -> Shown:
    try:
        answers = await ask(store, panel, selected, period, providers)
    except MonitoringUnavailableError as problem:
        return Shown(panel, None, State.NO_PROMETHEUS, str(problem))
    except QuestionRefusedError as problem:
        return Shown(panel, None, State.REFUSED, str(problem))
    picture = await asyncio.to_thread(draw, answers)
    return Shown(panel, picture, None if picture else State.NO_DATA)


def draw(answers: Answers) -> Picture | None:
    """Return what a panel's answers look like, or `None` where there is nothing to see."""
    return DRAW[answers.panel.kind](answers)


async def _explained(
    store: SeriesStore, shown: Sequence[Shown], selected: Selection, period: Period
) -> Sequence[Shown]:
    """Return the panels, told apart: those whose series are there had no traffic."""
    empty = [one.panel for one in shown if one.state is State.NO_DATA]
    try:
        known = await known_series(store, empty, selected, period)
    except (MonitoringUnavailableError, QuestionRefusedError):
        return shown
    return [
        one._replace(state=State.NO_TRAFFIC)
        if one.state is State.NO_DATA and known & series_of(one.panel)
        else one
        for one in shown
    ]
