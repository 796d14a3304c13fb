"""Visitors who want no profile of themselves, by their own word."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from hashlib import blake2b

from vitrine.domain.failure import Failure
from vitrine.usecases.ports import Notes
from vitrine.usecases.revise import revise

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
        # What was read before a change must not be taken over after it.
        self._turn = asyncio.Lock()

    def __contains__(self, visitor: object) -> bool:
        return bool(self._until) and _mark(str(visitor)) in self._until

    async def load(self) -> None:
        """Read the list as it is kept, whichever process changed it."""
        async with self._turn:
            self._until = _read(await self._notes.get(NOTE))

    async def turn(self, visitor: str, *, off: bool, until_ms: int | None) -> None:
        """Put a visitor on the list, or take one from it, once that is durable.

        Raises `TooManyOptOutsError` where the list is full.
        """
        mark = _mark(visitor)

        def turned(until: dict[str, int | None]) -> dict[str, int | None]:
            others = {one: when for one, when in until.items() if one != mark}
            if off and len(others) >= MOST:
                raise TooManyOptOutsError(
                    "the list is full; Global Privacy Control in your browser does the same"
                )
            return {**others, mark: until_ms} if off else others

        await self._change(turned)

    async def expire(self) -> None:
        """Take those from the list whose pseudonym has ended."""
        now = self._clock()
        await self._change(
            lambda until: {mark: when for mark, when in until.items() if when is None or when > now}
        )

    async def _change(
        self, change: Callable[[dict[str, int | None]], dict[str, int | None]]
    ) -> None:
        def changed(stored: bytes | None) -> bytes:
            return json.dumps(change(_read(stored))).encode()

        async with self._turn:
            self._until = _read(await revise(self._notes, NOTE, changed))


def _read(stored: bytes | None) -> dict[str, int | None]:
    found: dict[str, int | None] = json.loads(stored or b"{}")
    return found


def _mark(visitor: str) -> str:
    return blake2b(visitor.encode(), digest_size=12).hexdigest()
