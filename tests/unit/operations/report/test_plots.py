"""Plots are drawn without a trace in the program that draws them."""

from __future__ import annotations

import subprocess
import sys

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
