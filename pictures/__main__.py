"""Takes every picture, or those that are named: `python -m pictures portfolio-after`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pictures import console, portfolio, report
from pictures.studio import studio

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
LARGEST_BYTES = 300_000

Place = Callable[[Path], AbstractContextManager[Any]]
Taken = Mapping[str, Callable[[Any, Path], None]]


def main(wanted: list[str]) -> None:
    """Take the pictures of the site, then those of the console and of a report."""
    PICTURES.mkdir(exist_ok=True)
    _take(wanted, studio, portfolio.TAKEN)
    _take(wanted, console.studio, console.TAKEN)
    _take(wanted, report.desk, report.TAKEN)


def _take(wanted: list[str], place: Place, taken: Taken) -> None:
    names = [name for name in taken if name in wanted or not wanted]
    if not names:
        return
    with TemporaryDirectory() as folder, place(Path(folder)) as there:
        for name in names:
            path = PICTURES / f"{name}.png"
            taken[name](there, path)
            size = path.stat().st_size
            print(f"{path.relative_to(PICTURES.parents[1])}  {size / 1000:.0f} kB", flush=True)
            if size > LARGEST_BYTES:
                sys.exit(f"{path.name} is larger than {LARGEST_BYTES / 1000:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
