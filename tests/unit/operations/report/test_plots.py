"""Plots are drawn without a trace in the program that draws them."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import pairwise

import pytest

from vitrine.operations.report.period import DAY_S, HOUR_S
from vitrine.operations.report.plots import legend, svg, ticks
from vitrine.operations.report.section import Line, Plot, Unit

DRAWN = """
import sys
before = list(sys.meta_path)
import vitrine.operations.report.plots
from importlib.metadata import distribution
assert sys.meta_path == before
print(distribution("click").name)
"""


def test_drawing_leaves_python_to_find_packages_as_before() -> None:
    done = subprocess.run(
        [sys.executable, "-c", DRAWN], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "click"), done.stderr


def values_on_the_axis(plot: Plot) -> list[str]:
    drawn = svg(plot)
    axis = drawn[drawn.index('class="axis y') : drawn.index('class="axis x')]
    return re.findall(r"<title>([^<]*)</title>", axis)


@pytest.mark.parametrize("length", [180, HOUR_S, DAY_S, 7 * DAY_S, 14 * DAY_S, 91 * DAY_S])
def test_times_on_the_axis_are_round_and_evenly_apart(length: int) -> None:
    found = ticks([1_790_000_123.0, 1_790_000_123.0 + length])
    steps = {round(later - earlier) for earlier, later in pairwise(found)}
    assert 2 <= len(found) <= 5
    assert len(steps) == 1
    assert found[0] % min(steps.pop(), DAY_S) == 0


def test_values_on_the_axis_begin_at_0_and_are_evenly_apart() -> None:
    points = [(n * 3_600.0, 1.31e9 + n) for n in range(20)]
    sizes = values_on_the_axis(Plot("Size", Unit.BYTES, [Line("size", points)]))
    assert sizes == ["0 B", "500 MB", "1 GB", "1.5 GB"]
    shares = Plot("Share", Unit.SHARE, [Line("failed", [(0.0, 0.002), (60.0, 0.002)])], 0.01)
    assert values_on_the_axis(shares) == ["0%", "0.25%", "0.50%", "0.75%", "1%"]


def test_bars_are_as_high_as_what_is_stacked_in_them() -> None:
    days = [Line(name, [(0.0, 18.0), (float(DAY_S), 2.0)]) for name in "ab"]
    stacked = Plot("Minutes", Unit.COUNT, days, bars=True)
    assert values_on_the_axis(stacked) == ["0", "10", "20", "30", "40"]


def test_a_line_alone_needs_no_legend_unless_there_is_a_limit() -> None:
    line = Line("failed", [(0.0, 1.0)])
    assert legend(Plot("Share", Unit.SHARE, [line])) == []
    assert legend(Plot("Share", Unit.SHARE, [line], 0.01)) == ["failed", "objective"]
