"""Fills a home with simulated visitors through the store's own `record`, as a service does.

`python -m bench.population HOME VISITORS EVENTS` gives each visitor that many events and
prints what it cost as JSON.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from vitrine.domain.event import Event
from vitrine.settings import Settings
from vitrine.usecases.ports import Unit
from vitrine.usecases.simulate import simulate
from vitrine.wiring.home import Home, now_ms, open_home

PATTERNS = 2_000
"""Simulated visits that are different; then they begin again, with other visitors."""
UNIT_EVENTS = 5
"""Events that a page sends at once."""
AT_ONCE = 512
SPREAD_MS = 28 * 24 * 3_600_000


class Filled(NamedTuple):
    """What it took: seconds of the clock and of the processor, bytes on disk, peak memory."""

    wall_s: float
    cpu_s: float
    bytes: int
    mib: float


def fill(folder: Path, visitors: int, events: int) -> Filled:
    """Store the visits, in the order of time over the last four weeks."""
    wall_s, cpu_s = asyncio.run(_fill(folder, visitors, events))
    size = sum(file.stat().st_size for file in folder.glob("vitrine.db*"))
    return Filled(wall_s, cpu_s, size, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


async def _fill(folder: Path, visitors: int, events: int) -> tuple[float, float]:
    home = open_home(Settings.load(home=folder))
    patterns = list(_patterns(home, events))
    began, worked = time.perf_counter(), time.process_time()
    start, numbers = now_ms() - SPREAD_MS, iter(range(visitors))

    async def work() -> None:
        for number in numbers:
            visitor = home.pseudonyms.claimed(f"visitor-{number}")
            at = start + number * SPREAD_MS // visitors
            for unit in _units(patterns[number % len(patterns)], visitor, at):
                await home.store.record(unit)

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    wall, cpu = time.perf_counter() - began, time.process_time() - worked
    await home.close()
    return wall, cpu


def _patterns(home: Home, events: int) -> Iterator[list[Event]]:
    """Yield visits as the site reads them, at time 0."""
    reader = home.site.reader()
    for visitor in simulate(home.site, 1, PATTERNS, events):
        began = now_ms()
        read = []
        for body in visitor.bodies("", 0):
            event, _ = reader.read({**body, "event_timestamp": None}, "", began)
            assert isinstance(event, Event), event
            read.append(event._replace(at=body["event_timestamp"]))
        yield read


def _units(pattern: Sequence[Event], visitor: str, at: int) -> Iterator[Unit]:
    events = [
        event._replace(visitor=visitor, at=at + event.at, event_id=f"{visitor}-{index}")
        for index, event in enumerate(pattern)
    ]
    for first in range(0, len(events), UNIT_EVENTS):
        yield Unit(events[first : first + UNIT_EVENTS])


if __name__ == "__main__":
    folder, visitors, events = sys.argv[1:]
    print(json.dumps(fill(Path(folder), int(visitors), int(events))._asdict()))
