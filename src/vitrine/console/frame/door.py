"""Who may come in, and how often somebody may try, at whichever process."""

from __future__ import annotations

import json
from hashlib import blake2b

from vitrine.console.given import Given
from vitrine.domain.limit import Kept, TokenBuckets
from vitrine.domain.pseudonym import truncated
from vitrine.signals import LoginResult, LoginTried
from vitrine.usecases.ports import StoreUnavailableError
from vitrine.usecases.revise import revise

MOST = 1_000
"""Networks that are remembered, the least used ones forgotten."""
NOTE = "console_tries"
PURPOSE = b"login network"
NEAR, ALL = "near", "all"


class Door:
    """Tries passwords, within limits that all processes share, and announces each try.

    The limits bind the machine itself too: a password can be guessed, and a proxy that does not
    say for whom it asks looks like the machine. A guesser with many addresses is held up by the
    limit of the site. Networks are kept as keyed hashes. While the store fails, this process
    counts alone.
    """

    def __init__(self, given: Given) -> None:
        self._password = given.password
        self._clock = given.clock
        self._emit = given.emit
        self._notes = given.notes
        self._limits = given.logins
        self._key = given.key
        self._known: bytes | None = None

    async def knock(self, password: str, address: str) -> LoginResult:
        """Return what became of a try from an address."""
        result = await self._result(password, address)
        self._emit(LoginTried(result))
        return result

    async def _result(self, password: str, address: str) -> LoginResult:
        if not await self._may_try(truncated(address)):
            return LoginResult.LIMITED
        right = await self._password.is_right(password)
        return LoginResult.SUCCESS if right else LoginResult.WRONG_PASSWORD

    async def _may_try(self, network: str) -> bool:
        """Count a try; one that is refused changes nothing, so that a flood writes nothing."""
        mark = blake2b(network.encode(), key=self._key, person=PURPOSE, digest_size=8).hexdigest()
        now = self._clock()
        allowed = False

        def taken(stored: bytes | None) -> bytes:
            nonlocal allowed
            kept: dict[str, Kept] = json.loads(stored or b"{}")
            near = TokenBuckets(self._limits.network, most=MOST, kept=kept.get(NEAR))
            everybody = TokenBuckets(self._limits.site, kept=kept.get(ALL))
            allowed = near.take(mark, now) and everybody.take("", now)
            if not allowed:
                return stored or b"{}"
            return json.dumps({NEAR: near.kept, ALL: everybody.kept}).encode()

        try:
            self._known = await revise(self._notes, NOTE, taken)
        except StoreUnavailableError:
            self._known = taken(self._known)
        return allowed
