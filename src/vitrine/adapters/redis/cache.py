"""The cache in a Redis, with the one in the process to fall back on."""

from __future__ import annotations

import math
import zlib

from redis.exceptions import ResponseError

from vitrine.adapters.redis.server import CacheServerAwayError, RedisServer
from vitrine.signals import CacheEvicted, CacheServerUse, Emit
from vitrine.usecases.ports import Cache

SEAL_BYTES = 4
"""Before each value stands its CRC-32, so that what others wrote or cut off is told from ours."""


class RedisCache:
    """Satisfies `Cache`: what one process sets, all processes of the site find.

    While the Redis is away, `instead` is asked. Keys name the version of what they stand for,
    so that what `instead` still has of an earlier absence is no older than what is in the
    Redis. Values of more than `limit` bytes are not kept, and announced as `too_large`. What is
    not as it was set is not found, and announced as `damaged`; the next value takes its place.
    """

    def __init__(self, server: RedisServer, *, limit: int, instead: Cache, emit: Emit) -> None:
        self._server = server
        self._client = server.client
        self._limit = limit
        self._instead = instead
        self._emit = emit

    async def get(self, key: str) -> bytes | None:
        name = self._server.key("cache", key)
        try:
            found = await self._server.ask(CacheServerUse.CACHE, lambda: self._sealed(name))
        except CacheServerAwayError:
            return await self._instead.get(key)
        if found is None:
            return None
        value = _opened(found)
        if value is None:
            self._emit(CacheEvicted("damaged"))
        return value

    async def _sealed(self, name: str) -> bytes | None:
        """Return what stands under a name; nothing that has a seal where it is no text at all."""
        try:
            found = await self._client.get(name)
        except ResponseError as problem:
            if not str(problem).startswith("WRONGTYPE"):
                raise
            return b""
        assert not isinstance(found, str)  # as it would be if answers were decoded
        return found

    async def set(self, key: str, value: bytes, ttl_s: float) -> None:
        name = self._server.key("cache", key)
        fits = len(value) <= self._limit
        for_ms = math.ceil(ttl_s * 1_000)
        sealed = _seal(value) + value
        try:
            if fits:
                await self._server.ask(
                    CacheServerUse.CACHE, lambda: self._client.set(name, sealed, px=for_ms)
                )
            else:  # an older value would be a wrong one
                await self._server.ask(CacheServerUse.CACHE, lambda: self._client.delete(name))
                self._emit(CacheEvicted("too_large"))
        except CacheServerAwayError:
            await self._instead.set(key, value, ttl_s)


def _seal(value: bytes) -> bytes:
    return zlib.crc32(value).to_bytes(SEAL_BYTES, "big")


def _opened(sealed: bytes) -> bytes | None:
    """Return the value behind a seal, `None` where the seal is that of another."""
    seal, value = sealed[:SEAL_BYTES], sealed[SEAL_BYTES:]
    return value if seal == _seal(value) else None
