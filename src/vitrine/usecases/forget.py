"""Erases all that is kept of a visitor: stored, at hand, or waiting to be stored."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from vitrine.signals import Emit, VisitorForgotten
from vitrine.usecases.expose import Exposures
from vitrine.usecases.ports import Forgotten, Limits, VisitStore


class Forget:
    """Callable with a pseudonym; raises `StoreUnavailableError` where something may be left.

    `remember` notes first that the visitor is to be gone, so that no backup brings them back;
    `erase_lines` takes them out of the log. Decisions in the cache are those of segments and
    name nobody.
    """

    def __init__(
        self,
        *,
        store: VisitStore,
        exposures: Exposures,
        limits: Limits,
        remember: Callable[[str], Awaitable[None]],
        erase_lines: Callable[[str], Awaitable[None]],
        emit: Emit,
    ) -> None:
        self._store = store
        self._exposures = exposures
        self._limits = limits
        self._remember = remember
        self._erase_lines = erase_lines
        self._emit = emit

    async def __call__(self, visitor: str) -> Forgotten:
        await self._remember(visitor)
        await self._exposures.settled(visitor)
        forgotten = await self._store.forget(visitor)
        await self._limits.forget(visitor)
        await self._erase_lines(visitor)
        self._emit(VisitorForgotten(*forgotten))
        return forgotten
