"""Large figures, each with the line of how it came about where there is one."""

from __future__ import annotations

from collections.abc import Sequence

from vitrine.console.dashboards.answers import Answers
from vitrine.console.dashboards.figures.picture import TONE_WORDS, Cell, Figure, Picture, Row, tone
from vitrine.console.dashboards.unit import said

WIDTH, HEIGHT = 100.0, 30.0
MOST_FIGURES = 6
FEWEST_POINTS = 2


def counter(answers: Answers) -> Picture | None:
    """Return one figure for each series."""
    panel = answers.panel
    lines = {name: curve.values for name, curve in answers.curves()}
    found = [(name, sample.value) for name, sample in answers.samples()]
    if not found:
        return None
    figures = [
        Figure(
            name,
            said(value, panel.unit),
            tone(value, panel.thresholds),
            sparkline(lines.get(name, ())),
        )
        for name, value in found
    ]
    worded = "; ".join(
        f"{figure.name} {figure.text}"
        + (f" ({TONE_WORDS[figure.tone]})" if TONE_WORDS[figure.tone] else "")
        for figure in figures[:MOST_FIGURES]
    )
    rows = [Row(figure.name, (Cell(figure.text, figure.tone),)) for figure in figures]
    return Picture(f"Now {worded}.", ("series", "value"), rows, figures=figures[:MOST_FIGURES])


def sparkline(values: Sequence[float | None]) -> str:
    """Return the points of a line from 0 at the bottom to the highest value at the top."""
    known = [(number, value) for number, value in enumerate(values) if value is not None]
    if len(known) < FEWEST_POINTS:
        return ""
    highest = max(value for _, value in known) or 1.0
    across = WIDTH / (len(values) - 1)
    return " ".join(
        f"{number * across:.1f},{HEIGHT - 1 - (HEIGHT - 2) * max(value, 0.0) / highest:.1f}"
        for number, value in known
    )
