"""Asks a panel's queries of the series that were measured."""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from vitrine.catalogue.dashboard import Panel, PanelKind, Query
from vitrine.catalogue.promql import Style
from vitrine.console.dashboards.period import Period
from vitrine.console.dashboards.selection import Selection, filled
from vitrine.usecases.monitoring_ports import Curve, Labels, Sample, SeriesStore

GRAFANA = Style(grafana=True)
_LABEL = re.compile(r"{{(\w+)}}")


class Answer(NamedTuple):
    """What one query gave: present values, or values over time; a counter may have both.

    `of` is the provider where a query was asked for each of them.
    """

    query: Query
    samples: Sequence[Sample] = ()
    curves: Sequence[Curve] = ()
    of: str = ""


class Answers(NamedTuple):
    """What all queries of a panel gave, in their order."""

    panel: Panel
    period: Period
    given: Sequence[Answer]

    def samples(self) -> Iterator[tuple[str, Sample]]:
        """Yield every present value that is a number, by the name of its series."""
        for answer in self.given:
            for sample in answer.samples:
                if not math.isnan(sample.value):
                    yield named(answer.query, sample.labels), sample

    def curves(self) -> Iterator[tuple[str, Curve]]:
        """Yield every series that has a value at some time, by its name."""
        for answer in self.given:
            for curve in answer.curves:
                if any(value is not None for value in curve.values):
                    yield named(answer.query, curve.labels), curve


def text(query: Query) -> str:
    """Return a query as it is declared, with the variables of a dashboard."""
    return query.expression.render(GRAFANA)


def named(query: Query, labels: Labels) -> str:
    """Return the name of a series: the query's legend with its labels in it."""
    return _LABEL.sub(lambda found: labels.get(found[1], ""), query.legend)


async def ask(
    store: SeriesStore,
    panel: Panel,
    selected: Selection,
    period: Period,
    providers: Sequence[str] = (),
) -> Answers:
    """Return what a panel's queries give; raises what the store raises."""
    if panel.kind is PanelKind.BOX:
        chosen = [selected.provider] if selected.provider else providers
        asked = [
            _box(store, query, selected._replace(provider=provider), period)
            for provider in chosen
            for query in panel.queries
        ]
    else:
        asked = [_answer(store, panel, query, selected, period) for query in panel.queries]
    return Answers(panel, period, await asyncio.gather(*asked))


async def _answer(
    store: SeriesStore, panel: Panel, query: Query, selected: Selection, period: Period
) -> Answer:
    declared = text(query)
    asked = filled(declared, selected, period)
    if not query.instant:
        return Answer(query, curves=await store.over(asked, period.grid))
    samples = store.at(asked, period.end)
    if panel.kind is not PanelKind.COUNTER or "$__range" in declared:
        return Answer(query, samples=await samples)
    both = await asyncio.gather(samples, store.over(asked, period.grid))
    return Answer(query, *both)


async def _box(store: SeriesStore, query: Query, selected: Selection, period: Period) -> Answer:
    """Ask for a quantile over the whole period: a box speaks of all of it, not of its end."""
    asked = filled(text(query), selected, period, window=period.length)
    return Answer(query, samples=await store.at(asked, period.end), of=selected.provider)
