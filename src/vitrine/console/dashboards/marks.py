"""When alerts fired, to be marked on whatever is drawn over time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from vitrine.console.dashboards.period import Period
from vitrine.usecases.monitoring_ports import Curve, Grid, SeriesStore

FIRING = 'ALERTS{alertstate="firing", severity!="heartbeat"}'
"""As in Grafana's annotations; a test holds the two equal."""


class Mark(NamedTuple):
    """An alert fired from `start` to `end`, in seconds since 1970."""

    alert: str
    severity: str
    start: int
    end: int


async def firing(store: SeriesStore, period: Period) -> Sequence[Mark]:
    """Return every time at which an alert fired, the first first."""
    curves = await store.over(FIRING, period.grid)
    marks = {mark for curve in curves for mark in _marks(curve, period.grid)}
    return sorted(marks, key=lambda mark: (mark.start, mark.alert))


def _marks(curve: Curve, grid: Grid) -> Iterator[Mark]:
    name, severity = curve.labels.get("alertname", ""), curve.labels.get("severity", "")
    began: int | None = None
    for number, value in enumerate([*curve.values, None]):
        at = grid.start + number * grid.step
        if value is not None and began is None:
            began = at
        elif value is None and began is not None:
            yield Mark(name, severity, began, at - grid.step)
            began = None
