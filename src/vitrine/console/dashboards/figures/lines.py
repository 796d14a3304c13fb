"""Lines over time, and areas that stand on one another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from vitrine.catalogue.dashboard import Panel, Unit
from vitrine.console.dashboards.answers import Answers
from vitrine.console.dashboards.figures.picture import (
    HOVER,
    Cell,
    Picture,
    Plot,
    Row,
    layout,
    rounded,
    series_colour,
    tone,
)
from vitrine.console.dashboards.unit import said

MOST_LINES = 12
"""More of them nobody can tell apart; the table has all."""
COLUMNS = ("series", "last", "mean", "lowest", "highest")


class Trace(NamedTuple):
    """One series with what is said of it."""

    name: str
    values: Sequence[float | None]
    last: float
    mean: float
    lowest: float
    highest: float


def line(answers: Answers) -> Picture | None:
    """Return one line for each series."""
    return _drawn(answers, stacked=False)


def area(answers: Answers) -> Picture | None:
    """Return one area for each series, the next standing on it."""
    return _drawn(answers, stacked=True)


def _drawn(answers: Answers, *, stacked: bool) -> Picture | None:
    panel, period, _ = answers
    traces = sorted(
        (_trace(name, curve.values) for name, curve in answers.curves()),
        key=lambda trace: -trace.mean,
    )
    if not traces:
        return None
    seen = [trace for trace in traces if trace.highest > 0] if stacked else traces
    drawn = (seen or traces)[:MOST_LINES]
    highest = _highest_sum(drawn) if stacked else max(trace.highest for trace in drawn)
    start, _, step = period.grid
    return Picture(
        _summary(traces, panel.unit),
        COLUMNS,
        [_row(trace, number, panel) for number, trace in enumerate(traces)],
        {
            "data": [
                _plot(trace, number, start * 1_000, step * 1_000, panel.unit, stacked=stacked)
                for number, trace in enumerate(drawn)
            ],
            "layout": layout(period, panel, highest),
        },
    )


def _trace(name: str, values: Sequence[float | None]) -> Trace:
    known = [value for value in values if value is not None]
    mean = sum(known) / len(known)
    return Trace(name, values, known[-1], mean, min(known), max(known))


def _highest_sum(traces: Sequence[Trace]) -> float:
    columns = zip(*(trace.values for trace in traces), strict=True)
    return max(sum(value or 0.0 for value in column) for column in columns)


def _plot(
    trace: Trace, number: int, start_ms: int, step_ms: int, unit: Unit, *, stacked: bool
) -> Plot:
    colour = f"--series-{series_colour(number)}"
    drawn: dict[str, Any] = {
        "type": "scatter",
        "mode": "lines",
        "name": trace.name,
        "x0": start_ms,
        "dx": step_ms,
        "y": rounded(trace.values),
        "line": {"color": colour, "width": 1.6},
        "hovertemplate": HOVER[unit],
        "connectgaps": False,
    }
    if stacked:
        drawn |= {"stackgroup": "all", "fillcolor": f"{colour}/0.35"}
    return drawn


def _row(trace: Trace, number: int, panel: Panel) -> Row:
    values = (trace.last, trace.mean, trace.lowest, trace.highest)
    cells = [Cell(said(value, panel.unit), tone(value, panel.thresholds)) for value in values]
    return Row(trace.name, cells, series_colour(number) if number < MOST_LINES else 0)


def _summary(traces: Sequence[Trace], unit: Unit) -> str:
    lowest = said(min(trace.lowest for trace in traces), unit)
    highest = said(max(trace.highest for trace in traces), unit)
    if len(traces) == 1:
        return f"Now {said(traces[0].last, unit)}; between {lowest} and {highest} in this time."
    top = traces[0]
    rest = f" The {MOST_LINES} largest are drawn." if len(traces) > MOST_LINES else ""
    return (
        f"{len(traces)} series between {lowest} and {highest};"
        f" the largest is {top.name}, now {said(top.last, unit)}.{rest}"
    )
