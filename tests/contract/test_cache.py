"""One suite for every `Cache`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.redis_server import PATIENT_S, running_redis
from vitrine.adapters.cache import MeasuredCache, MemoryCache
from vitrine.adapters.redis.cache import RedisCache
from vitrine.adapters.redis.server import RedisServer
from vitrine.signals import CacheEvicted, CacheLooked, Signal
from vitrine.usecases.ports import Cache

LIMIT = 100


@pytest.fixture
def heard() -> list[Signal]:
    return []


@pytest.fixture(params=["memory", "redis", "redis that is away"])
async def cache(
    request: pytest.FixtureRequest, tmp_path: Path, heard: list[Signal]
) -> AsyncIterator[Cache]:
    memory = MemoryCache(entries=3, limit=LIMIT, emit=heard.append)
    if request.param == "memory":
        yield memory
        return
    with running_redis(tmp_path) as redis:
        server = RedisServer(redis.url, "small", heard.append, PATIENT_S)
        if request.param == "redis":
            await server.look()
        heard.clear()
        yield RedisCache(server, limit=LIMIT, instead=memory, emit=heard.append)
        await server.close()


def evictions(heard: list[Signal]) -> list[str]:
    return [signal.reason for signal in heard if isinstance(signal, CacheEvicted)]


async def test_what_was_never_set_is_not_found(cache: Cache) -> None:
    assert await cache.get("a") is None


async def test_any_bytes_come_back_as_they_were_set(cache: Cache) -> None:
    await cache.set("a", b"\x00first\xff", 600)
    await cache.set("b", b"", 600)
    assert [await cache.get(key) for key in "ab"] == [b"\x00first\xff", b""]


async def test_a_value_is_found_until_its_time_is_over(cache: Cache) -> None:
    await cache.set("a", b"1", 600)
    await cache.set("b", b"1", 0.001)
    await asyncio.sleep(0.02)
    assert await cache.get("a") == b"1"
    assert await cache.get("b") is None


async def test_the_last_value_of_a_key_is_the_one_found(cache: Cache) -> None:
    await cache.set("a", b"1", 600)
    await cache.set("a", b"2", 600)
    assert await cache.get("a") == b"2"


async def test_a_value_of_exactly_the_limit_is_kept(cache: Cache) -> None:
    await cache.set("a", b"x" * LIMIT, 600)
    assert await cache.get("a") == b"x" * LIMIT


async def test_a_value_that_can_never_fit_is_not_kept_and_said_so(
    cache: Cache, heard: list[Signal]
) -> None:
    await cache.set("a", b"1", 600)
    await cache.set("b", b"1", 600)
    await cache.set("b", b"x" * (LIMIT + 1), 600)
    assert await cache.get("b") is None
    assert await cache.get("a") == b"1"
    assert evictions(heard) == ["too_large"]


async def test_a_measured_cache_tells_hits_from_misses_by_pattern(cache: Cache) -> None:
    looked: list[Signal] = []
    measured = MeasuredCache(cache, looked.append)
    await measured.get("decision:1:en")
    await measured.set("decision:1:en", b"1", 600)
    await measured.get("decision:1:en")
    assert looked == [CacheLooked("decision", False), CacheLooked("decision", True)]
