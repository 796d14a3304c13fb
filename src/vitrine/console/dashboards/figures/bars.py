"""Present values side by side: as bars, and as parts of a whole."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from vitrine.catalogue.dashboard import Panel
from vitrine.console.dashboards.answers import Answers
from vitrine.console.dashboards.figures.picture import (
    Cell,
    Picture,
    Row,
    axis_ticks,
    plain_layout,
    series_colour,
    tone,
)
from vitrine.console.dashboards.unit import digits, said

MOST_BARS = 12


class Part(NamedTuple):
    """A series with its present value."""

    name: str
    value: float


def bars(answers: Answers) -> Picture | None:
    """Return one bar for each series that is there, the largest on top."""
    panel = answers.panel
    parts = _parts(answers)
    if not parts:
        return None
    drawn = [part for part in parts if part.value > 0][:MOST_BARS] or parts[:MOST_BARS]
    top = panel.most if panel.most and drawn[0].value > panel.most / 4 else drawn[0].value * 1.25
    return Picture(
        _bars_summary(parts, panel),
        ("series", "value"),
        [
            Row(
                part.name, (Cell(said(part.value, panel.unit), tone(part.value, panel.thresholds)),)
            )
            for part in parts
        ],
        {"data": [_bar(drawn, panel)], "layout": _bar_layout(drawn, panel, top)} if top else None,
    )


def pie(answers: Answers) -> Picture | None:
    """Return the parts of a whole; a whole of nothing has none."""
    panel = answers.panel
    parts = [part for part in _parts(answers) if part.value > 0]
    total = sum(part.value for part in parts)
    if not parts:
        return None
    colours = [series_colour(number) for number in range(len(parts))]
    return Picture(
        f"{said(total, panel.unit)} in all; {digits(100 * parts[0].value / total)}%"
        f" of them {parts[0].name}.",
        ("series", "value", "share"),
        [
            Row(
                part.name,
                (
                    Cell(said(part.value, panel.unit)),
                    Cell(f"{digits(100 * part.value / total)}%"),
                ),
                colour,
            )
            for part, colour in zip(parts, colours, strict=True)
        ],
        {
            "data": [_ring(parts, panel, colours)],
            "layout": {**plain_layout(), "margin": {"l": 30, "r": 30, "t": 26, "b": 26}},
        },
    )


def _ring(parts: Sequence[Part], panel: Panel, colours: Sequence[int]) -> dict[str, object]:
    return {
        "type": "pie",
        "labels": [part.name for part in parts],
        "values": [part.value for part in parts],
        "text": [said(part.value, panel.unit) for part in parts],
        "hole": 0.58,
        "sort": False,
        "direction": "clockwise",
        "textinfo": "percent",
        "textposition": "outside",
        "textfont": {"color": "--ink"},
        "hovertemplate": "%{label}: %{text} (%{percent})<extra></extra>",
        "marker": {
            "colors": [f"--series-{colour}" for colour in colours],
            "line": {"color": "--surface", "width": 2},
        },
    }


def _parts(answers: Answers) -> list[Part]:
    return sorted(
        (Part(name, sample.value) for name, sample in answers.samples()),
        key=lambda part: (-part.value, part.name),
    )


def _bar(parts: Sequence[Part], panel: Panel) -> dict[str, object]:
    coloured = len(panel.thresholds) > 1
    return {
        "type": "bar",
        "orientation": "h",
        "y": [part.name for part in parts],
        "x": [part.value for part in parts],
        "text": [said(part.value, panel.unit) for part in parts],
        "textposition": "outside",
        "cliponaxis": False,
        "textfont": {"color": "--ink"},
        "hovertemplate": "%{y}: %{text}<extra></extra>",
        "marker": {
            "color": [
                f"--{tone(part.value, panel.thresholds)}" if coloured else "--series-1"
                for part in parts
            ]
        },
    }


def _bar_layout(parts: Sequence[Part], panel: Panel, top: float) -> dict[str, object]:
    ticks = axis_ticks(top, panel.unit)
    return {
        **plain_layout(),
        "margin": {"l": 10, "r": 46, "t": 6, "b": 30},
        "bargap": max(0.35, 0.85 - 0.12 * len(parts)),
        "xaxis": {
            "fixedrange": True,
            "range": [0, top],
            "tickvals": [value for value, _ in ticks],
            "ticktext": [words for _, words in ticks],
            "gridcolor": "--line",
            "zeroline": False,
        },
        "yaxis": {
            "fixedrange": True,
            "autorange": "reversed",
            "automargin": True,
            "ticksuffix": "  ",
            "type": "category",
            "categoryarray": [part.name for part in parts],
        },
    }


def _bars_summary(parts: Sequence[Part], panel: Panel) -> str:
    largest = parts[0]
    if largest.value == 0:
        return f"{said(0.0, panel.unit)} for each of {len(parts)}."
    return f"The largest of {len(parts)} is {largest.name} with {said(largest.value, panel.unit)}."
