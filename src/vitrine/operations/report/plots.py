"""Plots as SVG, which takes its colours from the page around it and needs no script."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.machinery import PathFinder
from itertools import pairwise
from statistics import median
from typing import Any
from xml.etree.ElementTree import tostring

from vitrine.operations.report.period import DAY_S, HOUR_S
from vitrine.operations.report.section import Line, Plot, Unit
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

NO_TENTHS = re.compile(r"\.0+(?!\d)")
COLOURS = 8
"""Colours that the page declares as `--line-0` and so on."""
WIDTH, HEIGHT = 340, 190
"""As wide as a phone shows it, so that labels are there as high as they are meant to be."""
LABELS = 5
"""Labels on an axis at most."""
MINUTE_S = 60
STEPS_S = (
    *(MINUTE_S, 5 * MINUTE_S, 15 * MINUTE_S, HOUR_S, 3 * HOUR_S, 6 * HOUR_S, 12 * HOUR_S),
    *(DAY_S, 2 * DAY_S, 4 * DAY_S, 7 * DAY_S, 14 * DAY_S, 28 * DAY_S),
)
"""Times that labels may be apart."""
ROUND = (1, 2, 2.5, 5, 10)
OBJECTIVE = "objective"
TINY = 1e-9
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
    label_font_size=12,
    major_label_font_size=12,
    no_data_font_size=14,
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


def legend(plot: Plot) -> list[str]:
    """Return the names of a plot's lines in the order of their colours; one alone needs none."""
    names = [line.name for line in plot.lines]
    if plot.limit is not None:
        names.append(OBJECTIVE)
    return names if names[1:] else []


def _options(plot: Plot) -> dict[str, Any]:
    return {
        "style": STYLE,
        "width": WIDTH,
        "height": HEIGHT,
        "js": [],
        "margin": 6,
        "margin_right": 16,
        "spacing": 8,
        "show_legend": False,
        "value_formatter": lambda value: NO_TENTHS.sub("", spoken(value, plot.unit)),
        "y_labels": list(_heights(plot)),
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
        x_value_formatter=lambda at: f"{at:{_form(times)}}",
    )
    chart.x_labels = [_at(at) for at in ticks(times)]
    for line in plot.lines:
        chart.add(line.name, [(_at(at), value) for at, value in _with_holes(line)])
    if plot.limit is not None and times:
        ends = [(_at(at), plot.limit) for at in (min(times), max(times))]
        dashed = {"width": 1.2, "dasharray": "5, 4"}
        chart.add(OBJECTIVE, ends, stroke_style=dashed, fill=False)
    return chart


def _bars(plot: Plot) -> Any:
    days = [at for at, _ in plot.lines[0].points]
    chart = pygal.StackedBar(
        **_options(plot),
        x_label_rotation=0,
        show_minor_x_labels=False,
        truncate_label=-1,
        x_labels_major_every=math.ceil(len(days) / LABELS),
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


def ticks(times: Sequence[float]) -> list[float]:
    """Return up to five round times of a plot, in even steps; a lone time is its own."""
    if not times:
        return []
    first, last, step = min(times), max(times), _step_s(times)
    begin = math.ceil(first / step) * step
    return [float(at) for at in range(begin, int(last) + 1, step)] or [first]


def _step_s(times: Sequence[float]) -> int:
    length = max(times) - min(times)
    return next((step for step in STEPS_S if length / step < LABELS), STEPS_S[-1])


def _form(times: Sequence[float]) -> str:
    return "%H:%M" if _step_s(times) < DAY_S else "%d %b"


def _heights(plot: Plot) -> Iterator[float]:
    """Yield round values from 0 to the highest or above, in even steps."""
    if plot.bars:
        tops = [sum(values) for values in zip(*(_values(one) for one in plot.lines), strict=True)]
    else:
        tops = [value for one in plot.lines for value in _values(one)]
    highest = max([*tops, plot.limit or 0.0]) or 1.0
    raw = highest / (LABELS - 1)
    magnitude = 10.0 ** math.floor(math.log10(raw))
    step = next(one for one in ROUND if one * magnitude >= raw * (1 - TINY)) * magnitude
    if plot.unit is Unit.COUNT:
        step = max(math.ceil(step), 1)
    yield from (n * step for n in range(math.ceil(highest / step - TINY) + 1))


def _values(line: Line) -> list[float]:
    return [value for _, value in line.points]


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
