"""Plots as SVG, which takes its colours from the page around it and needs no script."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.machinery import PathFinder
from itertools import pairwise
from statistics import median
from typing import Any
from xml.etree.ElementTree import tostring

from vitrine.operations.report.period import DAY_S
from vitrine.operations.report.section import Line, Plot
from vitrine.operations.report.wording import spoken

# Pygal brings a finder for its plug-ins, in a form that Python warns of at each import from then
# on, and takes from Python's own what finds the metadata of packages. We have no plug-ins: all
# is put back as it was.
_finders = list(sys.meta_path)
_find_distributions = vars(PathFinder)["find_distributions"]
import pygal  # noqa: E402
from pygal.etree import etree  # noqa: E402
from pygal.style import Style  # noqa: E402

sys.meta_path[:] = _finders
setattr(PathFinder, "find_distributions", _find_distributions)  # noqa: B010 - typed as fixed
etree.to_etree()  # also where lxml is at hand: one kind of tree

COLOURS = 8
"""Colours that the page declares as `--line-0` and so on."""
WIDTH, HEIGHT = 520, 220
LABELS = 6
HOLE = 1.5
"""Points that are further apart than this many usual distances are not joined."""
STYLE = Style(
    background="transparent",
    plot_background="transparent",
    foreground="var(--quiet)",
    foreground_strong="var(--ink)",
    foreground_subtle="var(--rule)",
    colors=tuple(f"var(--line-{number})" for number in range(COLOURS)),
    font_family="inherit",
    label_font_size=11,
    major_label_font_size=11,
    legend_font_size=12,
    opacity=".85",
    transition="0s",
)


def svg(plot: Plot) -> str:
    """Return a plot as one `<svg>` element; its style holds for it alone."""
    chart = _bars(plot) if plot.bars else _lines(plot)
    tree = chart.render_tree()
    for parent in tree.iter():
        for script in parent.findall("script"):  # it serves tooltips that we do not have
            parent.remove(script)
    return tostring(tree, encoding="unicode", method="html")


def _options(plot: Plot) -> dict[str, Any]:
    return {
        "style": STYLE,
        "width": WIDTH,
        "height": HEIGHT,
        "js": [],
        "margin": 6,
        "margin_right": 24,
        "spacing": 8,
        "legend_at_bottom": True,
        "legend_box_size": 9,
        "show_legend": len(plot.lines) > 1 or plot.limit is not None,
        "value_formatter": lambda value: spoken(value, plot.unit),
        "y_labels_major_count": 4,
        "show_minor_y_labels": False,
        "include_x_axis": True,
        "no_data_text": "no traffic",
    }


def _lines(plot: Plot) -> Any:
    times = [at for line in plot.lines for at, _ in line.points]
    chart = pygal.DateTimeLine(
        **_options(plot),
        show_dots=False,
        fill=len(plot.lines) == 1,
        allow_interruptions=True,
        stroke_style={"width": 1.8},
        x_label_rotation=0,
        x_value_formatter=_when(max(times) - min(times) if times else 0.0),
    )
    chart.x_labels = list(_ticks(times))
    for line in plot.lines:
        chart.add(line.name, [(_at(at), value) for at, value in _with_holes(line)])
    if plot.limit is not None and times:
        ends = [(_at(at), plot.limit) for at in (min(times), max(times))]
        dashed = {"width": 1.2, "dasharray": "5, 4"}
        chart.add("objective", ends, stroke_style=dashed, fill=False)
    return chart


def _bars(plot: Plot) -> Any:
    days = [at for at, _ in plot.lines[0].points]
    chart = pygal.StackedBar(
        **_options(plot),
        x_label_rotation=0,
        show_minor_x_labels=False,
        x_labels_major_every=max(len(days) // LABELS, 1),
    )
    chart.x_labels = [f"{_at(day):%d %b}" for day in days]
    for line in plot.lines:
        chart.add(line.name, [value for _, value in line.points])
    return chart


def _with_holes(line: Line) -> Iterator[tuple[float, float | None]]:
    """Yield the points, with a break wherever some are missing."""
    points = list(line.points)
    usual = median(b[0] - a[0] for a, b in pairwise(points)) if points[1:] else 0.0
    before: float | None = None
    for at, value in points:
        if before is not None and at - before > HOLE * usual:
            yield before + usual / 2, None
        yield at, value
        before = at


def _ticks(times: Sequence[float]) -> Iterator[datetime]:
    if times:
        first, last = min(times), max(times)
        yield from (_at(first + (last - first) * n / (LABELS - 1)) for n in range(LABELS))


def _when(length_s: float) -> Any:
    form = "%H:%M" if length_s <= 2 * DAY_S else "%d %b"
    return lambda at: f"{at:{form}}"


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
