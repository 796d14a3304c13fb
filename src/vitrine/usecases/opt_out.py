"""Visitors who want no profile of themselves, by their own word."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from hashlib import blake2b

from vitrine.domain.failure import Failure
from vitrine.usecases.ports import Notes

NOTE = "opted_out"
MOST = 10_000


class TooManyOptOutsError(Failure):
    """The list of those who opted out is full; nobody is dropped from it for another."""


class OptOuts:
    """Who opted out, as hashes of pseudonyms; in memory as well, because every request asks.

    A visitor of the day stays on the list until the day ends: after that nobody can have
    that pseudonym again.
    """

    def __init__(self, notes: Notes, clock: Callable[[], int]) -> None:
        self._notes = notes
        self._clock = clock
        self._until: dict[str, int | None] = {}
        self._changing = asyncio.Lock()

    def __contains__(self, visitor: object) -> bool:
        return bool(self._until) and _mark(str(visitor)) in self._until

    async def load(self) -> None:
        """Read the list that an earlier process kept."""
        self._until = json.loads(await self._notes.get(NOTE) or b"{}")

    async def turn(self, visitor: str, *, off: bool, until_ms: int | None) -> None:
        """Put a visitor on the list, or take one from it, once that is durable.

        Raises `TooManyOptOutsError` where the list is full.
        """
        mark = _mark(visitor)
        async with self._changing:
            wanted = {one: until for one, until in self._until.items() if one != mark}
            if off:
                if len(wanted) >= MOST:
                    raise TooManyOptOutsError(
                        "the list is full; Global Privacy Control in your browser does the same"
                    )
                wanted[mark] = until_ms
            await self._keep(wanted)

    async def expire(self) -> None:
        """Take those from the list whose pseudonym has ended."""
        now = self._clock()
        async with self._changing:
            wanted = {
                mark: until for mark, until in self._until.items() if until is None or until > now
            }
            if len(wanted) < len(self._until):
                await self._keep(wanted)

    async def _keep(self, wanted: dict[str, int | None]) -> None:
        await self._notes.put(NOTE, json.dumps(wanted).encode())
        self._until = wanted


def _mark(visitor: str) -> str:
    return blake2b(visitor.encode(), digest_size=12).hexdigest()
