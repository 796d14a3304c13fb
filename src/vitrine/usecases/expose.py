"""Notes when a decision is handed out without an event, beside the answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from vitrine.signals import Emit, StoreFailed
from vitrine.usecases.ports import Exposure, StoreUnavailableError, Unit, VisitStore

MOST_PENDING = 1_000


class Exposures:
    """Records exposures in the background: an answer never waits for them.

    One that the store cannot take is announced and noted at the visitor's next answer, as
    is what is over `MOST_PENDING`.
    """

    def __init__(self, store: VisitStore, clock: Callable[[], int], emit: Emit) -> None:
        self._store = store
        self._clock = clock
        self._emit = emit
        self._pending: dict[str, asyncio.Task[None]] = {}

    def note(self, visitor: str) -> None:
        """Record that the visitor was handed the decision of their visit just now."""
        if visitor in self._pending or len(self._pending) >= MOST_PENDING:
            return
        self._pending[visitor] = asyncio.create_task(self._record(visitor))

    async def drain(self) -> None:
        """Return when everything that was noted is recorded."""
        await asyncio.gather(*self._pending.values())

    async def settled(self, visitor: str) -> None:
        """Return when nothing of a visitor waits to be recorded."""
        waiting = self._pending.get(visitor)
        if waiting is not None:
            await waiting

    async def _record(self, visitor: str) -> None:
        try:
            await self._store.record(Unit((), exposure=Exposure(visitor, self._clock())))
        except StoreUnavailableError as problem:
            self._emit(StoreFailed("expose", str(problem)))
        finally:
            del self._pending[visitor]
