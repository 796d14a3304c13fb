"""Who a request speaks of, as a pseudonym, before anything else sees it."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Collection, Container
from typing import NamedTuple

from vitrine.domain.event import Rejection, RejectionReason
from vitrine.domain.pseudonym import Pseudonyms, is_pseudonym
from vitrine.usecases.ports import Notes
from vitrine.usecases.proof import ACCOUNT_PREFIX, Asker, Proofs
from vitrine.usecases.revise import revise

DAY_MS = 86_400_000
SALT_NOTE = "day_salt"
SALT_BYTES = 16

OWNER = Rejection(RejectionReason.OWNER, "the owner's own visits are left out")
OPTED_OUT = Rejection(RejectionReason.OPTED_OUT, "the visitor wants no profile; nothing was stored")
UNPROVEN = Rejection(
    RejectionReason.MALFORMED, "id: bears no signature of this site, and so proves nothing"
)
UNSIGNED = Rejection(
    RejectionReason.MALFORMED, "user_pseudo_id: is not signed; this site takes signed ids alone"
)


class Sender(NamedTuple):
    """Where a request came from; `local` is a direct peer on the machine itself.

    `opted_out` says that the browser asks for nobody to be made a profile of.
    """

    address: str
    agent: str
    local: bool = False
    opted_out: bool = False


def meant_by(who: str, pseudonyms: Pseudonyms, proofs: Proofs) -> list[str]:
    """Return the pseudonyms that an owner may mean by an id, an account or one itself."""
    proven, account = proofs.proven(who), proofs.of_account(who)
    found = [pseudonyms.signed(proven) if proven else pseudonyms.claimed(who)]
    if account is not None:
        found.append(pseudonyms.signed(account))
    return [who, *found] if is_pseudonym(who) else found


class DaySalt:
    """A random salt that lives for one day of UTC and is then overwritten.

    Once it is gone nobody, not even with the home's key, can link its visitors to anything.
    """

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._day = -1
        self._salt = b""
        self._looking: asyncio.Future[None] | None = None

    async def of(self, now_ms: int) -> bytes:
        """Return the salt of the day."""
        day = now_ms // DAY_MS
        if day > self._day:
            # All first requests of a day share one look: they get the same salt, and where the
            # store hangs they fail together, not one after the other.
            if self._looking is None or self._looking.done():
                self._looking = asyncio.ensure_future(self._change(day))
                self._looking.add_done_callback(_heard)
            await asyncio.shield(self._looking)
        return self._salt

    async def _change(self, day: int) -> None:
        self._day, self._salt = day, await self._stored(str(day).encode())

    async def _stored(self, day: bytes) -> bytes:
        fresh = day + secrets.token_bytes(SALT_BYTES)

        def todays(stored: bytes | None) -> bytes:
            # Of two clocks the one that is ahead counts: a day's salt is never replaced by an
            # earlier day's.
            known = stored and stored[:-SALT_BYTES].isdigit() and stored[:-SALT_BYTES]
            return stored if stored and known and int(known) >= int(day) else fresh

        return (await revise(self._notes, SALT_NOTE, todays))[-SALT_BYTES:]


def _heard(looking: asyncio.Future[None]) -> None:
    """Take note of how it ended, also where nobody waits for it any more."""
    if not looking.cancelled():
        looking.exception()


class Identify:
    """Gives the pseudonym of a claimed id or, where none is claimed, of the day's visitor.

    `opted_out` are pseudonyms that nothing may be read or written of. Without `claims`, an id
    that its signature does not prove is rejected as malformed.
    """

    def __init__(
        self,
        pseudonyms: Pseudonyms,
        salt: DaySalt,
        proofs: Proofs,
        *,
        claims: bool = True,
        opted_out: Container[str] = (),
        owner_ids: Collection[str] = (),
        owner_addresses: Callable[[str], bool] = lambda _address: False,
    ) -> None:
        self._pseudonyms = pseudonyms
        self._salt = salt
        self._proofs = proofs
        self._claims = claims
        self._opted_out = opted_out
        self._owner_ids = owner_ids
        self._owner_addresses = owner_addresses

    async def visitor(self, claimed: str | None, sender: Sender, now_ms: int) -> str | Rejection:
        """Return the visitor's pseudonym, or the rejection of one who is to be left out."""
        if self.is_owner(claimed, sender):
            return OWNER
        if sender.opted_out:
            return OPTED_OUT
        if claimed is None:
            visitor = await self._of_the_day(sender, now_ms)
        elif proven := self._proofs.proven(claimed):
            visitor = self._pseudonyms.signed(proven)
        elif self._claims:
            visitor = self._pseudonyms.claimed(claimed)
        else:
            return UNSIGNED
        return OPTED_OUT if visitor in self._opted_out else visitor

    async def asker(self, claimed: str | None, sender: Sender, now_ms: int) -> Asker | Rejection:
        """Return whom a sender may ask about, also one who opted out.

        That is the day's visitor or, by a signed id, whose it is. An id that is only claimed
        proves nothing, so it is rejected as malformed.
        """
        if self.is_owner(claimed, sender):
            return OWNER
        if claimed is None:
            ends = (now_ms // DAY_MS + 1) * DAY_MS
            return Asker(await self._of_the_day(sender, now_ms), ends)
        proven = self._proofs.proven(claimed)
        return Asker(self._pseudonyms.signed(proven)) if proven else UNPROVEN

    async def _of_the_day(self, sender: Sender, now_ms: int) -> str:
        salt = await self._salt.of(now_ms)
        return self._pseudonyms.of_the_day(sender.address, sender.agent, salt)

    def is_owner(self, claimed: str | None, sender: Sender) -> bool:
        """Whether an id, an account that it proves, or an address is among the owner's."""
        if claimed in self._owner_ids or self._owner_addresses(sender.address):
            return True
        proven = self._proofs.proven(claimed) if claimed and self._owner_ids else None
        return proven is not None and proven.removeprefix(ACCOUNT_PREFIX) in self._owner_ids
