"""The desk where visitors ask what is known of them, and have it erased or switched off."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from hashlib import blake2b
from typing import Any

from vitrine.domain.event import Rejection
from vitrine.domain.pseudonym import truncated
from vitrine.usecases.allowance import Allowance
from vitrine.usecases.export import Export, moment
from vitrine.usecases.forget import Forget
from vitrine.usecases.identify import OPTED_OUT, Identify, Sender
from vitrine.usecases.ingest import OVER_LIMIT
from vitrine.usecases.opt_out import OptOuts
from vitrine.usecases.ports import Forgotten
from vitrine.usecases.proof import Asker, Proofs


class Desk:
    """Hands a token to who can show who they are, and serves whoever bears one.

    Methods raise `StoreUnavailableError` as the store does.
    """

    def __init__(
        self,
        *,
        identify: Identify,
        proofs: Proofs,
        export: Export,
        forget: Forget,
        opt_outs: OptOuts,
        questions: Allowance,
        requests: Allowance,
        clock: Callable[[], int],
    ) -> None:
        self._identify = identify
        self._proofs = proofs
        self._export = export
        self._forget = forget
        self._opt_outs = opt_outs
        self._questions = questions
        self._requests = requests
        self._counting_key = secrets.token_bytes(16)
        self._clock = clock

    def admits(self, sender: Sender) -> bool:
        """Whether a sender's network may ask once more."""
        return sender.local or self._questions.take(truncated(sender.address), self._clock())

    def new_id(self, sender: Sender) -> str | Rejection:
        """Return a signed id for a visitor who consents to be known again."""
        if sender.opted_out:
            return OPTED_OUT
        return self._proofs.new_id() if self.admits(sender) else OVER_LIMIT

    async def token(self, claimed: str | None, sender: Sender) -> str | Rejection:
        """Return the token of the day's visitor, or of an id that proves to be ours."""
        if not self.admits(sender):
            return OVER_LIMIT
        asker = await self._identify.asker(claimed, sender, self._clock())
        return asker if isinstance(asker, Rejection) else self._proofs.token(asker)

    def asker(self, token: str, sender: Sender) -> Asker | Rejection | None:
        """Return who a token speaks for; `None` for one that is not ours or has expired.

        Each costs its network one question, and one that is ours costs a request. Tokens that
        speak for the same visitor count together, for a token has more than one spelling.
        """
        if not self.admits(sender):
            return OVER_LIMIT
        asker = self._proofs.asker(token)
        if asker is None or sender.local:
            return asker
        return asker if self._requests.take(self._mark(asker), self._clock()) else OVER_LIMIT

    async def export(self, asker: Asker, language: str) -> dict[str, Any]:
        """Return all that is kept of the visitor, and until when the pseudonym lasts."""
        record = await self._export(asker.visitor, language)
        return {**record, "until": None if asker.until_ms is None else moment(asker.until_ms)}

    async def forget(self, asker: Asker) -> Forgotten:
        """Erase all that is kept of the visitor."""
        return await self._forget(asker.visitor)

    async def turn(self, asker: Asker, *, off: bool) -> None:
        """Have nothing read or written of the visitor from now on, or have it again."""
        await self._opt_outs.turn(asker.visitor, off=off, until_ms=asker.until_ms)

    def _mark(self, asker: Asker) -> str:
        """Return what requests are counted under: it outlives an erasure, and names nobody."""
        return blake2b(asker.visitor.encode(), key=self._counting_key, digest_size=16).hexdigest()
