"""What a panel looks like: a sentence, a table, and where there is one, a plot.

A plot is what Plotly takes, with colours by the names that the stylesheet has for them, so
that it follows the theme. Axes have no numbers of Plotly's own: units are written here.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from vitrine.catalogue.dashboard import Colour, Panel, Threshold, Unit
from vitrine.console.dashboards.period import Period
from vitrine.console.dashboards.unit import DAY_S, SECONDS, said

SERIES_COLOURS = 10
TONES = {Colour.GOOD: "good", Colour.WARN: "warn", Colour.BAD: "bad", Colour.NEUTRAL: ""}
TONE_WORDS = {"good": "good", "warn": "watch", "bad": "bad", "": ""}
"""What a colour says, for who does not see it."""
MOST_TICKS = 5
TIMES = ((900, "%H:%M:%S"), (26 * 3_600, "%H:%M"), (8 * 86_400, "%a %H:%M"), (math.inf, "%d %b"))
"""How times are written on an axis, by the seconds that it is long."""
CLEAR = "rgba(0,0,0,0)"
HOVER = {
    Unit.SECONDS: "%{y:.3~s}s",
    Unit.SHARE: "%{y:.2~%}",
    Unit.PER_SECOND: "%{y:.3~r} req/s",
    Unit.OPS: "%{y:.3~r} ops/s",
    Unit.EVENTS: "%{y:.3~r} evt/s",
    Unit.TOKENS: "%{y:.3~r} tok/s",
    Unit.COUNT: "%{y:,.0f}",
    Unit.NUMBER: "%{y:.3~r}",
    Unit.BYTES: "%{y:.3~s}B",
    Unit.USD: "$%{y:.3~r}",
    Unit.DAYS: "%{y:.3~r} d",
    Unit.DATE: "%{y|%Y-%m-%d %H:%M:%S}",
}
"""How Plotly says a value under the pointer; writing out all of them here would take longer."""

Plot = Mapping[str, Any]


class Cell(NamedTuple):
    """One field of a table; `tone` is what it means."""

    text: str
    tone: str = ""


class Row(NamedTuple):
    """One row: a series by its name, with its colour in the plot (0 is none)."""

    name: str
    cells: Sequence[Cell]
    colour: int = 0


class Figure(NamedTuple):
    """One large figure, with a line of how it came about (points of an SVG, 100 by 30)."""

    name: str
    text: str
    tone: str
    line: str = ""


class Picture(NamedTuple):
    """All of it; `summary` says in a sentence what there is to see.

    The first of the `columns` heads the names of the rows; `texts` of them hold no numbers.
    """

    summary: str
    columns: Sequence[str]
    rows: Sequence[Row]
    plot: Plot | None = None
    figures: Sequence[Figure] = ()
    texts: int = 1


def tone(value: float, thresholds: Iterable[Threshold]) -> str:
    """Return what a value means by the thresholds of its panel."""
    reached = [step for step in thresholds if step.value is None or value >= step.value]
    return TONES[reached[-1].colour] if reached else ""


def series_colour(number: int) -> int:
    """Return the number of a colour for the first (0), second, … series."""
    return number % SERIES_COLOURS + 1


def layout(period: Period, panel: Panel, highest: float) -> dict[str, Any]:
    """Return the layout of a plot over time."""
    top = panel.most or highest * 1.08 or 1.0
    ticks = axis_ticks(top, panel.unit)
    return {
        **plain_layout(),
        "hovermode": "x unified",
        "xaxis": {**time_axis(period), "gridcolor": "--line"},
        "yaxis": {
            "fixedrange": True,
            "range": [0, top],
            "tickvals": [value for value, _ in ticks],
            "ticktext": [words for _, words in ticks],
            "gridcolor": "--line",
            "zeroline": False,
        },
        "shapes": [*_threshold_lines(panel.thresholds, top)],
    }


def time_axis(period: Period) -> dict[str, Any]:
    """Return the axis of times, whose labels say the day only where there are several."""
    return {
        "type": "date",
        "range": [period.start * 1_000, period.end * 1_000],
        "tickformat": next(form for most, form in TIMES if period.length <= most),
        "nticks": 7,
        "linecolor": "--line",
        "zeroline": False,
    }


def plain_layout() -> dict[str, Any]:
    """Return what every plot has: no decoration, and the page's own text."""
    return {
        "margin": {"l": 64, "r": 10, "t": 14, "b": 30},
        "paper_bgcolor": CLEAR,
        "plot_bgcolor": CLEAR,
        "font": {"family": "--text", "size": 12, "color": "--muted"},
        "hoverlabel": {
            "bgcolor": "--surface",
            "bordercolor": "--edge",
            "font": {"color": "--ink", "size": 12},
        },
        "showlegend": False,
        "dragmode": "zoom",
    }


def axis_ticks(top: float, unit: Unit) -> list[tuple[float, str]]:
    """Return even values from 0 up to the top of an axis, in words."""
    scale = _scale(top, unit)
    rough = max(top / scale / MOST_TICKS, 1.0 if unit is Unit.COUNT else 0.0)
    power = 10.0 ** math.floor(math.log10(rough))
    step = scale * next(power * nice for nice in (1, 2, 2.5, 5, 10) if power * nice >= rough)
    return [(value := step * number, said(value, unit)) for number in range(int(top / step) + 1)]


def _scale(top: float, unit: Unit) -> float:
    """Return what one of the unit's own steps is worth at this height."""
    if unit is Unit.BYTES:
        return 1_024.0 ** int(math.log(max(top, 1.0), 1_024))
    if unit in (Unit.SECONDS, Unit.DAYS):
        seconds = top * (DAY_S if unit is Unit.DAYS else 1.0)
        worth = next(divisor for below, divisor, _ in SECONDS if seconds < below)
        return worth / (DAY_S if unit is Unit.DAYS else 1.0)
    return 1.0


def _threshold_lines(thresholds: Iterable[Threshold], top: float) -> Iterable[Plot]:
    for step in thresholds:
        if step.value is not None and step.value <= top:
            yield {
                "type": "line",
                "xref": "paper",
                "x0": 0,
                "x1": 1,
                "y0": step.value,
                "y1": step.value,
                "line": {"color": f"--{TONES[step.colour]}", "width": 1, "dash": "dash"},
            }


def rounded(values: Iterable[float | None]) -> list[float | None]:
    """Return values with as many digits as a plot can show."""
    return [None if value is None else float(f"{value:.5g}") for value in values]
