"""A present value between nothing and the most that there can be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vitrine.catalogue.dashboard import Panel, Unit
from vitrine.console.dashboards.answers import Answers
from vitrine.console.dashboards.figures.picture import (
    TONES,
    Cell,
    Picture,
    Row,
    plain_layout,
    tone,
)
from vitrine.console.dashboards.unit import said

MOST_GAUGES = 4
FORMATS = {Unit.SHARE: ".1%"}


def gauge(answers: Answers) -> Picture | None:
    """Return one gauge for each series; its ring says where values turn bad."""
    panel = answers.panel
    found = [(name, sample.value) for name, sample in answers.samples()]
    if not found:
        return None
    shown = found[:MOST_GAUGES]
    worded = "; ".join(f"{name} {said(value, panel.unit)}" for name, value in shown)
    return Picture(
        f"Now {worded}.",
        ("series", "value"),
        [
            Row(name, (Cell(said(value, panel.unit), tone(value, panel.thresholds)),))
            for name, value in found
        ],
        {
            "data": [
                _indicator(panel, value, number, len(shown))
                for number, (_, value) in enumerate(shown)
            ],
            "layout": {
                **plain_layout(),
                "margin": {"l": 26, "r": 26, "t": 10, "b": 6},
                "annotations": _names([name for name, _ in shown]),
            },
        },
    )


def _indicator(panel: Panel, value: float, number: int, of: int) -> dict[str, Any]:
    most = panel.most or max(value, 1.0)
    width = 1 / of
    return {
        "type": "indicator",
        "mode": "gauge+number",
        "value": value,
        "domain": {"x": [number * width + 0.02, (number + 1) * width - 0.02], "y": [0, 0.9]},
        "number": {
            "valueformat": FORMATS.get(panel.unit, ".3~s"),
            "font": {"size": 26 if of < 3 else 18, "color": "--ink"},
        },
        "gauge": {
            "axis": {
                "range": [0, most],
                "tickvals": [0, most],
                "ticktext": [said(0.0, panel.unit), said(most, panel.unit)]
                if of == 1
                else ["", ""],
                "tickfont": {"size": 10},
            },
            "bar": {"color": f"--{tone(value, panel.thresholds) or 'series-1'}", "thickness": 0.62},
            "bgcolor": "--raised",
            "borderwidth": 0,
            "steps": _steps(panel, most),
        },
    }


def _names(names: Sequence[str]) -> list[dict[str, Any]]:
    """Return the names of several gauges, each above its own."""
    if len(names) == 1:
        return []
    return [
        {
            "text": name,
            "x": (number + 0.5) / len(names),
            "y": 1,
            "xref": "paper",
            "yref": "paper",
            "xanchor": "center",
            "yanchor": "top",
            "showarrow": False,
        }
        for number, name in enumerate(names)
    ]


def _steps(panel: Panel, most: float) -> list[dict[str, Any]]:
    """Return the outer ring: the colour that each value would have."""
    edges = [step.value or 0.0 for step in panel.thresholds]
    return [
        {
            "range": [start, end],
            "color": f"--{TONES[step.colour] or 'raised'}/0.28",
            "thickness": 1,
        }
        for step, start, end in zip(panel.thresholds, edges, [*edges[1:], most], strict=True)
        if start < most
    ]
