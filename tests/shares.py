"""The shares of `make test`: how long each may take on two cores, and how long it took.

Each run notes what its tests took in the file that TEST_SHARES names; `tests/side-by-side` has
them told at the end, as `python -m tests.shares FILE SECONDS`.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

DRILLS = "test_drill"
QUERIES = (
    *("test_alertmanager", "test_composed", "test_guide", "test_long_term", "test_model_service"),
    *("test_prometheus", "test_queries", "test_rules", DRILLS),
)
FAULTS = ("test_faults", "test_fuzz_http", "test_kill")
SEVERAL = (
    *(f"tests/acceptance/{name}.py" for name in ("test_postgres", "test_redis", "test_workers")),
    *(f"tests/contract/{name}.py" for name in ("test_postgres", "test_redis")),
)
BROWSER = ("test_browser", "test_portfolio", "test_snippet", "test_visitor", "test_console")
SHARES = (
    ("core and real log", 240, ("tests/",)),
    ("queries and drills", 300, tuple(f"tests/acceptance/{name}.py" for name in QUERIES)),
    ("browser", 120, tuple(f"tests/acceptance/{name}.py" for name in BROWSER)),
    ("PostgreSQL, Redis, workers", 120, SEVERAL),
    ("faults and fuzz", 120, tuple(f"tests/acceptance/{name}.py" for name in FAULTS)),
)
"""Name, seconds that it may take, and where its tests are; the last one that fits counts."""


def share_of(test: str) -> str:
    """Return the share that a test belongs to, by its node id."""
    return next(name for name, _, places in reversed(SHARES) if test.startswith(places))


def note(took: Mapping[str, float], file: Path) -> None:
    """Add what a run's shares took, in seconds, to what the runs beside it did."""
    with file.open("a") as lines:
        lines.write(json.dumps(took) + "\n")


def told(file: Path, lasted_s: float) -> list[str]:
    """Return a line for each share: its part of the time that all runs took together."""
    took: Counter[str] = Counter()
    for line in file.read_text().splitlines():
        took.update(json.loads(line))
    part = lasted_s / (took.total() or 1.0)
    lines = [f"{name}: {took[name] * part:.0f} s of {may}" for name, may, _ in SHARES]
    return [*lines, f"all: {lasted_s:.0f} s of {sum(may for _, may, _ in SHARES)}"]


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in told(Path(sys.argv[1]), float(sys.argv[2])))
