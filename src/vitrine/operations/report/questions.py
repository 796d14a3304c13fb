"""What a report asks of Prometheus: at the end of its period, at its beginning, or all along."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import NamedTuple

from vitrine.adapters.prometheus_api import PrometheusApi
from vitrine.catalogue.history import RANGE
from vitrine.catalogue.objectives import API_SUCCESS
from vitrine.catalogue.promql import Expression
from vitrine.catalogue.recording import MINUTES_A_DAY
from vitrine.catalogue.reported import minutes_seen
from vitrine.operations.report.period import DAY_S, Span

Query = Expression | str
Values = dict[str, float]
ENOUGH = 0.5
CHUNK = 10_000
"""Points of one question; Prometheus refuses more than 11,000."""


class Curve(NamedTuple):
    """One series: its labels, and its values with their times in seconds since 1970."""

    labels: Mapping[str, str]
    points: list[tuple[float, float]]


class Questions:
    """Asks about one span; what is not a finite number is left out of every answer.

    `$__range` in a query is the whole period. Each method raises `ApiError`.
    """

    def __init__(self, prometheus: PrometheusApi, span: Span) -> None:
        self.prometheus = prometheus
        self.span = span

    def value(self, query: Query) -> float | None:
        """Return the value of a query that has one series, or `None`."""
        return self._first(query, self.span.end)

    def at_start(self, query: Query) -> float | None:
        """Return the value that it had when the period began."""
        return self._first(query, self.span.start)

    def before(self, query: Query) -> float | None:
        """Return what it was over the period before; `None` where too little of that is known."""
        return self.at_start(query) if self.comparable else None

    def by(self, query: Query, label: str) -> Values:
        """Return the values of a query by one of its labels, summed over the others."""
        return self._summed(query, label, self.span.end)

    def before_by(self, query: Query, label: str) -> Values:
        """Return the same over the period before; nothing where too little of that is known."""
        return self._summed(query, label, self.span.start) if self.comparable else {}

    @cached_property
    def comparable(self) -> bool:
        """Whether half of the period before is known, so that one may compare with it."""
        minutes = self.at_start(minutes_seen(API_SUCCESS)) or 0.0
        return minutes >= ENOUGH * self.span.period.days * MINUTES_A_DAY

    def earlier(self) -> Questions:
        """Return the questions about the period before."""
        return Questions(self.prometheus, Span(self.span.period, self.span.start))

    def series(self, query: Query) -> list[tuple[Mapping[str, str], float]]:
        """Return each series of a query with its value."""
        return self._at(query, self.span.end)

    def curves(
        self, query: Query, step_s: int | None = None, days: int | None = None
    ) -> list[Curve]:
        """Return each series all along, or over its last `days`; `$__range` is one step.

        Long ones are asked for in pieces.
        """
        step = step_s or self.span.step_s
        length_s = (days or self.span.period.days) * DAY_S
        text = str(query).replace(RANGE, f"{step}s")
        found: dict[frozenset[tuple[str, str]], Curve] = {}
        last = self.span.end
        first = last - (length_s // step - 1) * step
        while first <= last:
            until = min(first + (CHUNK - 1) * step, last)
            asked = {"query": text, "start": first, "end": until, "step": step}
            for one in self.prometheus.data("query_range", asked)["result"]:
                labels = one["metric"]
                curve = found.setdefault(frozenset(labels.items()), Curve(labels, []))
                curve.points.extend(_finite(one["values"]))
            first = until + step
        return list(found.values())

    def _first(self, query: Query, at: float) -> float | None:
        return next((value for _, value in self._at(query, at)), None)

    def _summed(self, query: Query, label: str, at: float) -> Values:
        found: Values = {}
        for labels, value in self._at(query, at):
            name = labels.get(label, "")
            found[name] = found.get(name, 0.0) + value
        return found

    def _at(self, query: Query, at: float) -> list[tuple[Mapping[str, str], float]]:
        text = str(query).replace(RANGE, self.span.window)
        answered = self.prometheus.query(text, at)
        found = [(one["metric"], float(one["value"][1])) for one in answered]
        return [one for one in found if math.isfinite(one[1])]


def _finite(values: Iterable[tuple[float, str]]) -> Iterator[tuple[float, float]]:
    return ((at, float(text)) for at, text in values if math.isfinite(float(text)))
