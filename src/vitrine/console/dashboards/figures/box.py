"""One box for each provider: whiskers at P5 and P95, body from P25 to P75, and the median."""

from __future__ import annotations

import math

from vitrine.catalogue.dashboard import Unit
from vitrine.console.dashboards.answers import Answers
from vitrine.console.dashboards.figures.picture import (
    Cell,
    Picture,
    Row,
    layout,
    series_colour,
    tone,
)
from vitrine.console.dashboards.unit import said

PARTS = ("min", "q1", "median", "q3", "max")
COLUMNS = ("provider", "P5", "P25", "median", "P75", "P95")


def box(answers: Answers) -> Picture | None:
    """Return a box of those providers that were asked in this time."""
    panel, period, given = answers
    boxes: dict[str, dict[str, float]] = {}
    for answer in given:
        for sample in answer.samples:
            if not math.isnan(sample.value):
                boxes.setdefault(answer.of, {})[answer.query.column] = sample.value
    whole = {name: found for name, found in boxes.items() if len(found) == len(PARTS)}
    if not whole:
        return None
    shape = layout(period, panel, max(found["max"] for found in whole.values()))
    shape |= {"xaxis": {"type": "category", "fixedrange": True}, "hovermode": "closest"}
    return Picture(
        _summary(whole, panel.unit),
        COLUMNS,
        [
            Row(
                name,
                [
                    Cell(said(found[part], panel.unit), tone(found[part], panel.thresholds))
                    for part in PARTS
                ],
            )
            for name, found in whole.items()
        ],
        {
            "data": [
                _plot(name, found, number) for number, (name, found) in enumerate(whole.items())
            ],
            "layout": shape,
        },
    )


def _plot(name: str, found: dict[str, float], number: int) -> dict[str, object]:
    colour = f"--series-{series_colour(number)}"
    return {
        "type": "box",
        "name": name,
        "x": [name],
        "lowerfence": [found["min"]],
        "q1": [found["q1"]],
        "median": [found["median"]],
        "q3": [found["q3"]],
        "upperfence": [found["max"]],
        "line": {"color": colour},
        "fillcolor": f"{colour}/0.25",
        "width": 0.4,
        "hoverinfo": "skip",
    }


def _summary(boxes: dict[str, dict[str, float]], unit: Unit) -> str:
    worded = "; ".join(
        f"{name}: half of the attempts within {said(found['median'], unit)},"
        f" 19 of 20 within {said(found['max'], unit)}"
        for name, found in boxes.items()
    )
    return f"{worded[0].upper()}{worded[1:]}."
