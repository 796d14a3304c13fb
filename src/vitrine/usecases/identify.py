"""Who a request speaks of, as a pseudonym, before anything else sees it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Collection
from typing import NamedTuple

from vitrine.domain.event import Rejection, RejectionReason
from vitrine.domain.pseudonym import Pseudonyms
from vitrine.usecases.ports import Notes

DAY_MS = 86_400_000
SALT_NOTE = "day_salt"
SALT_BYTES = 16

OWNER = Rejection(RejectionReason.OWNER, "the owner's own visits are left out")


class Sender(NamedTuple):
    """Where a request came from; `local` is a direct peer on the machine itself."""

    address: str
    agent: str
    local: bool = False


class DaySalt:
    """A random salt that lives for one day of UTC and is then overwritten.

    Once it is gone nobody, not even with the home's key, can link its visitors to anything.
    """

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._day = -1
        self._salt = b""
        self._changing = asyncio.Lock()

    async def of(self, now_ms: int) -> bytes:
        """Return the salt of the day."""
        day = now_ms // DAY_MS
        if day > self._day:
            async with self._changing:  # two first requests of a day get the same salt
                if day > self._day:
                    self._day, self._salt = day, await self._stored(str(day).encode())
        return self._salt

    async def _stored(self, day: bytes) -> bytes:
        stored = await self._notes.get(SALT_NOTE) or b""
        if stored[:-SALT_BYTES] == day:
            return stored[-SALT_BYTES:]
        salt = secrets.token_bytes(SALT_BYTES)
        await self._notes.put(SALT_NOTE, day + salt)
        return salt


class Identify:
    """Gives the pseudonym of a claimed id or, where none is claimed, of the day's visitor."""

    def __init__(
        self,
        pseudonyms: Pseudonyms,
        salt: DaySalt,
        *,
        owner_ids: Collection[str] = (),
        owner_addresses: Callable[[str], bool] = lambda _address: False,
    ) -> None:
        self._pseudonyms = pseudonyms
        self._salt = salt
        self._owner_ids = owner_ids
        self._owner_addresses = owner_addresses

    async def visitor(self, claimed: str | None, sender: Sender, now_ms: int) -> str | Rejection:
        """Return the visitor's pseudonym, or the rejection of an owner's own visit."""
        if self.is_owner(claimed, sender):
            return OWNER
        if claimed is not None:
            return self._pseudonyms.claimed(claimed)
        salt = await self._salt.of(now_ms)
        return self._pseudonyms.of_the_day(sender.address, sender.agent, salt)

    def is_owner(self, claimed: str | None, sender: Sender) -> bool:
        return claimed in self._owner_ids or self._owner_addresses(sender.address)
