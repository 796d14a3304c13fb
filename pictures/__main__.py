"""Takes every picture, or those that are named: `python -m pictures portfolio-after`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from pictures import portfolio
from pictures.studio import PICTURES, Studio, studio

LARGEST_BYTES = 300_000
TAKEN: tuple[Callable[[Studio, Path], None], ...] = (
    portfolio.portfolio_before,
    portfolio.portfolio_after,
    portfolio.portfolio_phone,
    portfolio.visitor,
)
"""Each takes one picture, of the name of the function."""


def main(wanted: list[str]) -> None:
    PICTURES.mkdir(exist_ok=True)
    with TemporaryDirectory() as folder, studio(Path(folder)) as place:
        for take in TAKEN:
            path = PICTURES / f"{take.__name__.replace('_', '-')}.png"
            if wanted and path.stem not in wanted:
                continue
            take(place, path)
            size = path.stat().st_size
            print(f"{path.relative_to(PICTURES.parents[1])}  {size / 1000:.0f} kB")
            if size > LARGEST_BYTES:
                sys.exit(f"{path.name} is larger than {LARGEST_BYTES / 1000:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
