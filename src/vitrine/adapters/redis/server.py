"""One Redis: asked while it answers in time, left alone while it does not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

from redis.asyncio import Redis
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    RedisError,
    ResponseError,
)
from redis.exceptions import TimeoutError as RedisTimeoutError

from vitrine.adapters.redis.connections import place_of, pool_of
from vitrine.adapters.redis.statistics import statistics_of
from vitrine.domain.failure import Failure
from vitrine.signals import (
    CacheServerFound,
    CacheServerLost,
    CacheServerPassedOver,
    CacheServerUse,
    Emit,
    LossReason,
)

Answer = TypeVar("Answer")

ANSWERS_WITHIN_S = 0.05
"""Half of what a visitor's answer may take; a Redis nearby needs less than one millisecond."""
TROUBLE = (RedisError, OSError, TimeoutError)
PROVE = "return redis.call('set', KEYS[1], '1', 'px', 60000)"
"""A script that writes: what is full, read-only, loading or forbidden refuses it."""


class CacheServerAwayError(Failure):
    """The Redis does not answer; what is in the process has to do."""


class RedisServer:
    """The Redis at an address, for one site.

    It is used from the first `look` that finds it well, until something fails or takes more
    than `within_s` seconds; from then on nobody waits for it until another `look` finds it
    well. Both are announced once. Raises what `pool_of` does where the address cannot be used;
    nothing that is raised or announced holds its password.
    """

    def __init__(self, url: str, site: str, emit: Emit, within_s: float = ANSWERS_WITHIN_S) -> None:
        pool = pool_of(url, within_s)
        self.client = Redis.from_pool(pool)
        self.place = place_of(pool.connection_kwargs)
        self._site = site
        self._within_s = within_s
        self._emit = emit
        self._used = False
        self._lost_at: float | None = None

    def key(self, *words: str) -> str:
        """Return a key of the site, which no other site on the same Redis has."""
        return ":".join(("vitrine", self._site, *words))

    async def ask(self, use: CacheServerUse, asked: Callable[[], Awaitable[Answer]]) -> Answer:
        """Return the answer; raises `CacheServerAwayError` where there is none in time."""
        if self._used:
            try:
                async with asyncio.timeout(self._within_s):
                    return await asked()
            except TROUBLE as problem:
                self._leave(problem)
        self._emit(CacheServerPassedOver(use))
        raise CacheServerAwayError(f"the Redis at {self.place} is away")

    async def look(self) -> None:
        """Find out whether it takes what it is given, and what it says of itself."""
        try:
            async with asyncio.timeout(self._within_s):
                await self.client.eval(PROVE, 1, self.key("proof"))
            self._take_up()
            async with asyncio.timeout(self._within_s):
                said = await self._said()
        except TROUBLE as problem:
            self._leave(problem)
        else:
            if said is not None and self._used:  # it may have been lost meanwhile
                self._emit(statistics_of(said))

    async def close(self) -> None:
        """Close every connection, whatever becomes of it at the other end."""
        with suppress(*TROUBLE):
            await self.client.aclose()

    async def _said(self) -> dict[str, Any] | None:
        """Return what it says of itself; `None` where it may not say so to us."""
        try:
            return dict(await self.client.info())
        except ResponseError:
            return None

    def _take_up(self) -> None:
        if not self._used:
            away_s = 0.0 if self._lost_at is None else time.monotonic() - self._lost_at
            self._used, self._lost_at = True, None
            self._emit(CacheServerFound(self.place, round(away_s, 1)))

    def _leave(self, problem: Exception) -> None:
        self._used = False
        if self._lost_at is None:
            self._lost_at = time.monotonic()
            self._emit(CacheServerLost(self.place, reason_of(problem), type(problem).__name__))


def reason_of(problem: Exception) -> LossReason:
    """Return why a Redis cannot be used, of a closed set."""
    if isinstance(problem, TimeoutError | RedisTimeoutError):
        return LossReason.TIMEOUT
    if isinstance(problem, ResponseError | BusyLoadingError | AuthenticationError):
        return LossReason.REFUSED
    return LossReason.CONNECTION
