"""One suite for every `Cache`."""

from __future__ import annotations

import pytest

from vitrine.adapters.cache import MeasuredCache, MemoryCache
from vitrine.signals import CacheEvicted, CacheLooked, Signal


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def heard() -> list[Signal]:
    return []


@pytest.fixture
def cache(clock: Clock, heard: list[Signal]) -> MemoryCache:
    return MemoryCache(entries=3, limit=100, emit=heard.append, timer=clock)


def reasons(heard: list[Signal]) -> list[str]:
    return [signal.reason for signal in heard if isinstance(signal, CacheEvicted)]


async def test_a_value_is_found_until_its_time_is_over(cache: MemoryCache, clock: Clock) -> None:
    await cache.set("a", b"1", 10)
    clock.now = 9.9
    assert await cache.get("a") == b"1"
    clock.now = 10.1
    assert await cache.get("a") is None


async def test_one_entry_too_many_drives_out_the_least_used(
    cache: MemoryCache, heard: list[Signal]
) -> None:
    for key in "abc":
        await cache.set(key, b"1", 10)
    await cache.get("a")
    await cache.set("d", b"1", 10)
    assert [await cache.get(key) for key in "abcd"] == [b"1", None, b"1", b"1"]
    assert reasons(heard) == ["entries"]


async def test_bytes_over_the_limit_drive_out_the_least_used(
    cache: MemoryCache, heard: list[Signal]
) -> None:
    await cache.set("a", b"x" * 60, 10)
    await cache.set("b", b"x" * 60, 10)
    assert await cache.get("a") is None
    assert cache.size_bytes == 60
    assert reasons(heard) == ["bytes"]


async def test_a_value_that_can_never_fit_is_not_kept_and_said_so(
    cache: MemoryCache, heard: list[Signal]
) -> None:
    await cache.set("a", b"1", 10)
    await cache.set("b", b"x" * 101, 10)
    assert await cache.get("b") is None
    assert await cache.get("a") == b"1"
    assert reasons(heard) == ["too_large"]


async def test_what_expired_is_counted_as_expired(
    cache: MemoryCache, clock: Clock, heard: list[Signal]
) -> None:
    await cache.set("a", b"1", 1)
    clock.now = 2
    await cache.set("b", b"1", 10)
    assert len(cache) == 1
    assert reasons(heard) == ["expired"]


async def test_a_measured_cache_tells_hits_from_misses_by_pattern(
    cache: MemoryCache, heard: list[Signal]
) -> None:
    measured = MeasuredCache(cache, heard.append)
    await measured.get("decision:1:en")
    await measured.set("decision:1:en", b"1", 10)
    await measured.get("decision:1:en")
    assert heard == [CacheLooked("decision", False), CacheLooked("decision", True)]
