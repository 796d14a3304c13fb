"""A bounded cache in the process, and wrappers of any cache: one is nearer, one measures."""

from __future__ import annotations

import time
from collections.abc import Callable

from cachetools import TLRUCache, TTLCache

from vitrine.signals import CacheEvicted, CacheLooked, Emit
from vitrine.usecases.ports import Cache

NEAR_ENTRIES = 1_024
NEAR_S = 1.0
"""For how long what a cache elsewhere gave is believed without asking it again."""

Entry = tuple[bytes, float]


def _size(entry: Entry) -> int:
    return len(entry[0])


def _expiry(_key: str, entry: Entry, now: float) -> float:
    return now + entry[1]


class _Bounded(TLRUCache[str, Entry]):
    """A cache by bytes and age, that tells why an entry leaves."""

    def __init__(self, limit: int, timer: Callable[[], float], left: Callable[[str], None]) -> None:
        super().__init__(maxsize=limit, ttu=_expiry, timer=timer, getsizeof=_size)
        self._left = left

    def popitem(self) -> tuple[str, Entry]:
        self._left("bytes")
        return super().popitem()

    def expire(self, time: float | None = None) -> list[tuple[str, Entry]]:
        gone: list[tuple[str, Entry]] = list(super().expire(time))
        for _ in gone:
            self._left("expired")
        return gone


class MemoryCache:
    """Satisfies `Cache`: at most `entries` values of `limit` bytes together.

    What is used least leaves first. Evictions are announced by reason: `entries`, `bytes`,
    `expired`, and `too_large` for a value that could never fit.
    """

    def __init__(
        self,
        *,
        entries: int,
        limit: int,
        emit: Emit,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._entries = entries
        self._emit = emit
        self._cache = _Bounded(limit, timer, lambda reason: emit(CacheEvicted(reason)))

    async def get(self, key: str) -> bytes | None:
        try:  # half the cost of the cache's own `get`, which looks twice
            return self._cache[key][0]
        except KeyError:
            return None

    async def set(self, key: str, value: bytes, ttl_s: float) -> None:
        self._cache.pop(key, None)  # an older value takes no room, and is found no more
        if len(value) > self._cache.maxsize:
            self._emit(CacheEvicted("too_large"))
            return
        self._cache[key] = (value, ttl_s)
        while len(self._cache) > self._entries:
            TLRUCache.popitem(self._cache)
            self._emit(CacheEvicted("entries"))

    def __len__(self) -> int:
        return len(self._cache)

    @property
    def limit_bytes(self) -> int:
        """Bytes that may be held at most."""
        return int(self._cache.maxsize)

    @property
    def size_bytes(self) -> int:
        """Bytes held now."""
        return int(self._cache.currsize)


class NearCache:
    """Satisfies `Cache`: what a cache elsewhere gave stays at hand for a second.

    So what another process sets is found a second later at most.
    """

    def __init__(self, cache: Cache, timer: Callable[[], float] = time.monotonic) -> None:
        self._cache = cache
        self._near: TTLCache[str, bytes] = TTLCache(NEAR_ENTRIES, NEAR_S, timer)

    async def get(self, key: str) -> bytes | None:
        value = self._near.get(key)
        if value is None:
            value = await self._cache.get(key)
            if value is not None:
                self._near[key] = value
        return value

    async def set(self, key: str, value: bytes, ttl_s: float) -> None:
        await self._cache.set(key, value, ttl_s)
        self._near.pop(key, None)


class MeasuredCache:
    """Any cache, with each look-up announced; the pattern is the key's first word."""

    def __init__(self, cache: Cache, emit: Emit) -> None:
        self._cache = cache
        self._emit = emit

    async def get(self, key: str) -> bytes | None:
        value = await self._cache.get(key)
        self._emit(CacheLooked(key.partition(":")[0], value is not None))
        return value

    async def set(self, key: str, value: bytes, ttl_s: float) -> None:
        await self._cache.set(key, value, ttl_s)
