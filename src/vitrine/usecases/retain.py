"""Nothing is kept of a visit for longer than the owner wants to."""

from __future__ import annotations

from collections.abc import Callable

from vitrine.signals import Emit, VisitsExpired
from vitrine.usecases.ports import Forgotten, VisitStore

DAY_MS = 86_400_000


class Retain:
    """Callable; deletes the visits that ended more than so many days ago."""

    def __init__(self, store: VisitStore, days: int, clock: Callable[[], int], emit: Emit) -> None:
        self._store = store
        self._days = days
        self._clock = clock
        self._emit = emit

    async def __call__(self) -> Forgotten:
        """Return what was deleted; raises `StoreUnavailableError` as the store does."""
        expired = await self._store.expire(self._clock() - self._days * DAY_MS)
        if expired.visits or expired.events:
            self._emit(VisitsExpired(expired.visits, expired.events, self._days))
        return expired
