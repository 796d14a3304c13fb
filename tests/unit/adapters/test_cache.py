from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.adapters.cache import MemoryCache, NearCache
from vitrine.signals import CacheEvicted, Signal


def ignored(_signal: Signal) -> None: ...


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


async def test_a_value_is_found_until_it_expires(cache: MemoryCache, clock: Clock) -> None:
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


async def test_what_expired_is_counted_as_expired(
    cache: MemoryCache, clock: Clock, heard: list[Signal]
) -> None:
    await cache.set("a", b"1", 1)
    clock.now = 2
    await cache.set("b", b"1", 10)
    assert len(cache) == 1
    assert reasons(heard) == ["expired"]


async def test_a_value_too_large_to_keep_does_not_leave_an_older_one_in_its_place() -> None:
    cache = MemoryCache(entries=3, limit=10, emit=ignored)
    await cache.set("a", b"old", 10)
    await cache.set("a", b"x" * 11, 10)
    assert await cache.get("a") is None
    assert cache.size_bytes == 0


async def test_a_new_value_replaces_the_old_one_and_its_bytes() -> None:
    heard: list[Signal] = []
    cache = MemoryCache(entries=3, limit=10, emit=heard.append)
    await cache.set("a", b"x" * 8, 10)
    await cache.set("a", b"y" * 9, 10)
    assert await cache.get("a") == b"y" * 9
    assert cache.size_bytes == 9
    assert heard == []


async def test_a_larger_value_in_the_place_of_an_older_one_drives_out_no_more_than_it_must() -> (
    None
):
    heard: list[Signal] = []
    cache = MemoryCache(entries=3, limit=20, emit=heard.append)
    await cache.set("a", b"x" * 17, 10)
    await cache.set("b", b"", 10)
    await cache.get("a")
    await cache.set("b", b"x" * 4, 10)
    assert [await cache.get(key) for key in "ab"] == [None, b"x" * 4]
    assert reasons(heard) == ["bytes"]


async def test_a_value_of_exactly_the_limit_fits() -> None:
    cache = MemoryCache(entries=3, limit=10, emit=ignored)
    await cache.set("a", b"x" * 10, 10)
    assert await cache.get("a") == b"x" * 10


operations = st.lists(
    st.tuples(
        st.sampled_from("abcdef"),
        st.binary(max_size=12),
        st.sampled_from([0.5, 3.0, 10.0]),
        st.sampled_from([0.0, 1.0, 4.0]),
    ),
    max_size=40,
)


@given(operations)
async def test_the_bounds_hold_and_every_entry_is_accounted_for(
    steps: list[tuple[str, bytes, float, float]],
) -> None:
    now = 0.0
    heard: list[Signal] = []
    cache = MemoryCache(entries=3, limit=20, emit=heard.append, timer=lambda: now)
    written: dict[str, tuple[bytes, float]] = {}
    for key, value, ttl, pause in steps:
        now += pause
        await cache.set(key, value, ttl)
        written[key] = (value, now + ttl)
        assert len(cache) <= 3
        assert cache.size_bytes <= 20
        for asked, (kept, until) in written.items():
            found = await cache.get(asked)
            assert found is None or (found == kept and now < until)
    assert {s.reason for s in heard if isinstance(s, CacheEvicted)} <= {
        "entries",
        "bytes",
        "expired",
    }


async def test_what_a_cache_elsewhere_gave_is_believed_for_a_second(
    cache: MemoryCache, clock: Clock
) -> None:
    near = NearCache(cache, clock)
    await near.set("a", b"1", 60)
    assert await near.get("a") == b"1"
    await cache.set("a", b"2", 60)
    clock.now = 0.9
    assert await near.get("a") == b"1"
    clock.now = 1.0
    assert await near.get("a") == b"2"


async def test_what_is_set_here_is_found_here_at_once(cache: MemoryCache, clock: Clock) -> None:
    near = NearCache(cache, clock)
    assert await near.get("a") is None
    for value in (b"1", b"2"):
        await near.set("a", value, 60)
        assert await near.get("a") == value
