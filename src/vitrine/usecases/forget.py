"""Erases all that is kept of a visitor: stored, at hand, or waiting to be stored."""

from __future__ import annotations

from vitrine.signals import Emit, VisitorForgotten
from vitrine.usecases.expose import Exposures
from vitrine.usecases.ports import Forgotten, Limits, VisitStore


class Forget:
    """Callable with a pseudonym; raises `StoreUnavailableError` where something may be left.

    Decisions in the cache are those of segments and name nobody.
    """

    def __init__(
        self, *, store: VisitStore, exposures: Exposures, limits: Limits, emit: Emit
    ) -> None:
        self._store = store
        self._exposures = exposures
        self._limits = limits
        self._emit = emit

    async def __call__(self, visitor: str) -> Forgotten:
        await self._exposures.settled(visitor)
        forgotten = await self._store.forget(visitor)
        await self._limits.forget(visitor)
        self._emit(VisitorForgotten(*forgotten))
        return forgotten
