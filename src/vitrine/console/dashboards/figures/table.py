"""Series as rows: their labels, and a column for each query."""

from __future__ import annotations

import math

from vitrine.catalogue.dashboard import Panel, Unit
from vitrine.console.dashboards.answers import Answers
from vitrine.console.dashboards.figures.picture import Cell, Picture, Row, tone
from vitrine.console.dashboards.unit import said

MOST_ROWS = 50
PLAIN_COLUMNS = frozenset({"times"})
"""Columns of a number of times, whatever the panel's unit is."""

Key = tuple[tuple[str, str], ...]


def table(answers: Answers) -> Picture | None:
    """Return one row for each set of labels, the largest first value first."""
    panel, _, given = answers
    found: dict[Key, dict[str, float]] = {}
    for answer in given:
        for sample in answer.samples:
            if not math.isnan(sample.value):
                key = tuple(sorted(sample.labels.items()))
                found.setdefault(key, {})[answer.query.column] = sample.value
    columns = [query.column for query in panel.queries]
    kept = {key: values for key, values in found.items() if any(values.values())}
    if not kept:
        return None
    first = columns[0]
    ordered = sorted(kept.items(), key=lambda row: (-row[1].get(first, 0.0), row[0]))
    names = [name for name, _ in ordered[0][0]]
    return Picture(
        f"{len(ordered)} rows.",
        [*names, *columns] if names else ["", *columns[1:]],
        [_row(panel, key, values, columns) for key, values in ordered[:MOST_ROWS]],
        texts=max(len(names), 1),
    )


def _row(panel: Panel, key: Key, values: dict[str, float], columns: list[str]) -> Row:
    labels = [value for _, value in key]
    cells = [Cell(label) for label in labels[1:]]
    for column in columns:
        value = values.get(column)
        unit = Unit.COUNT if column in PLAIN_COLUMNS else panel.unit
        colour = "" if value is None or unit is Unit.COUNT else tone(value, panel.thresholds)
        cells.append(Cell(said(value, unit), colour))
    return Row(labels[0], cells) if labels else Row(cells[0].text, cells[1:])
