"""How many things took how long, over time: buckets as rows, brighter where there were more."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from vitrine.catalogue.dashboard import Unit
from vitrine.console.dashboards.answers import Answers
from vitrine.console.dashboards.figures.picture import (
    Cell,
    Picture,
    Row,
    plain_layout,
    rounded,
    time_axis,
)
from vitrine.console.dashboards.period import Period
from vitrine.console.dashboards.unit import digits, said

COLUMNS = ("bucket", "share", "a second, on average")
SCALE = [[0, "--heat-0"], [0.25, "--heat-1"], [0.6, "--heat-2"], [1, "--heat-3"]]


class Bucket(NamedTuple):
    """What fell between an edge and the one before it."""

    name: str
    values: Sequence[float | None]
    mean: float


def heat(answers: Answers) -> Picture | None:
    """Return a map of buckets over time."""
    buckets = _buckets(answers, answers.panel.unit)
    total = sum(bucket.mean for bucket in buckets)
    if total <= 0:
        return None
    return Picture(
        _summary(buckets, total),
        COLUMNS,
        [
            Row(
                bucket.name,
                (Cell(f"{digits(100 * bucket.mean / total)}%"), Cell(digits(bucket.mean))),
            )
            for bucket in buckets
        ],
        {
            "data": [_map(buckets, answers.period)],
            "layout": {
                **plain_layout(),
                "margin": {"l": 78, "r": 10, "t": 6, "b": 30},
                "xaxis": {**time_axis(answers.period), "showgrid": False},
                "yaxis": {"type": "category", "fixedrange": True, "showgrid": False},
            },
        },
    )


def _map(buckets: Sequence[Bucket], period: Period) -> dict[str, object]:
    start, _, step = period.grid
    return {
        "type": "heatmap",
        "x0": start * 1_000,
        "dx": step * 1_000,
        "y": [bucket.name for bucket in buckets],
        "z": [_lit(bucket.values) for bucket in buckets],
        "colorscale": SCALE,
        "zmin": 0,
        "showscale": False,
        "hoverongaps": False,
        "hovertemplate": "%{y}: %{z:.3~g} a second<extra></extra>",
        "ygap": 1,
    }


def _buckets(answers: Answers, unit: Unit) -> list[Bucket]:
    """Return what fell into each bucket: a series counts what is at or below its edge."""
    edges = sorted(
        ((float(curve.labels.get("le", "nan")), curve.values) for _, curve in answers.curves()),
        key=lambda edge: edge[0],
    )
    buckets = []
    below: Sequence[float | None] = [0.0] * answers.period.grid.points
    last = 0.0
    for edge, values in edges:
        own = [
            None if value is None else max(0.0, value - (less or 0.0))
            for value, less in zip(values, below, strict=True)
        ]
        known = [value for value in own if value is not None]
        name = f"to {said(edge, unit)}" if math.isfinite(edge) else f"over {said(last, unit)}"
        buckets.append(Bucket(name, own, sum(known) / len(known) if known else 0.0))
        below, last = values, edge
    if buckets and not buckets[-1].mean:  # nothing was over the last edge
        buckets.pop()
    return buckets


def _lit(values: Sequence[float | None]) -> list[float | None]:
    """Return values to colour; what is nothing stays the page's own ground."""
    return rounded(value or None for value in values)


def _summary(buckets: Sequence[Bucket], total: float) -> str:
    fullest = max(buckets, key=lambda bucket: bucket.mean)
    share = digits(100 * fullest.mean / total)
    return f"Most fell into “{fullest.name}”: {share}% of {digits(total)} a second on average."
