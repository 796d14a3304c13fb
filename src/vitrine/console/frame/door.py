"""Who may come in, and how often somebody may try."""

from __future__ import annotations

from collections.abc import Callable

from vitrine.console.frame.password import Password
from vitrine.domain.limit import TokenBuckets
from vitrine.domain.pseudonym import truncated
from vitrine.signals import Emit, LoginResult, LoginTried

PER_NETWORK, AT_ONCE = 6, 10
"""Tries a minute from one network (/24, /48), and how many of them at once."""
PER_MINUTE = 60
"""Tries a minute from everywhere: a guesser with many addresses is held up too."""


class Door:
    """Tries passwords, within limits, and announces each try."""

    def __init__(self, password: Password, clock: Callable[[], int], emit: Emit) -> None:
        self._password = password
        self._clock = clock
        self._emit = emit
        self._networks = TokenBuckets(per_minute=PER_NETWORK, burst=AT_ONCE)
        self._everybody = TokenBuckets(per_minute=PER_MINUTE, burst=PER_MINUTE)

    async def knock(self, password: str, address: str) -> LoginResult:
        """Return what became of a try from an address."""
        result = await self._result(password, address)
        self._emit(LoginTried(result))
        return result

    async def _result(self, password: str, address: str) -> LoginResult:
        now = self._clock()
        near = self._networks.take(truncated(address), now)
        if not near or not self._everybody.take("", now):
            return LoginResult.LIMITED
        right = await self._password.is_right(password)
        return LoginResult.SUCCESS if right else LoginResult.WRONG_PASSWORD
