"""All requests in flight, and one timer that finds those among them that are slow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import perf_counter
from typing import Protocol

WATCH_AFTER_S = 0.05
"""A request that still runs after this time is watched for a client that leaves."""


class Watched(Protocol):
    """Something that began at a time of `perf_counter` and can be watched."""

    began: float

    def watch(self) -> None: ...


class Watch:
    """Calls `watch` once on everything that is still here after one to two periods.

    A timer and a question to the server for each request would cost more than all other
    telemetry together, and nearly every request ends before it could matter. Put requests
    into `young` and call `start` where `ticking` is not set; `remove` them when they end.
    `ticked` is called with every tick.
    """

    __slots__ = ("_old", "_ticked", "ticking", "young")

    def __init__(self, ticked: Callable[[], None]) -> None:
        self._ticked = ticked
        self.young: dict[Watched, None] = {}
        self.ticking = False
        self._old: set[Watched] = set()

    def __len__(self) -> int:
        return len(self.young) + len(self._old)

    def start(self) -> None:
        """Start the timer; it stops when there is nothing young."""
        self.ticking = True
        asyncio.get_running_loop().call_later(WATCH_AFTER_S, self._tick)

    def remove(self, watched: Watched) -> None:
        """Take out what has ended."""
        if self.young.pop(watched, self) is self:
            self._old.discard(watched)

    def _tick(self) -> None:
        due = perf_counter() - WATCH_AFTER_S
        slow = []
        for watched in self.young:
            if watched.began > due:
                break
            slow.append(watched)
        for watched in slow:
            del self.young[watched]
            self._old.add(watched)
            watched.watch()
        self._ticked()
        self.ticking = False
        if self.young:
            self.start()
