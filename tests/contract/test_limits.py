"""One suite for every `Limits`: 60 events a minute of a visitor, 3 at once; 600 of a network."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.redis_server import PATIENT_S, running_redis
from vitrine.adapters.limits import MemoryLimits
from vitrine.adapters.redis.limits import Bounds, RedisLimits
from vitrine.adapters.redis.server import RedisServer
from vitrine.domain.limit import TokenBuckets
from vitrine.signals import Signal
from vitrine.usecases.ports import Limits

NOON = 1_700_049_600_000
HOME, ELSEWHERE = "198.51.100", "192.0.2"
VISITOR, NETWORK = Bounds(60, 3), Bounds(600, 10)


def ignored(_signal: Signal) -> None: ...


def in_memory() -> MemoryLimits:
    return MemoryLimits(
        visitors=TokenBuckets(per_minute=VISITOR.per_minute, burst=VISITOR.burst),
        networks=TokenBuckets(per_minute=NETWORK.per_minute, burst=NETWORK.burst),
    )


def in_redis(server: RedisServer) -> RedisLimits:
    return RedisLimits(server, visitors=VISITOR, networks=NETWORK, instead=in_memory())


@pytest.fixture(params=["memory", "redis", "redis that is away"])
async def limits(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Limits]:
    if request.param == "memory":
        yield in_memory()
        return
    with running_redis(tmp_path) as redis:
        server = RedisServer(redis.url, "small", ignored, PATIENT_S)
        if request.param == "redis":
            await server.look()
        yield in_redis(server)
        await server.close()


async def test_a_visitor_may_burst_and_is_then_refilled_evenly(limits: Limits) -> None:
    assert await limits.take(HOME, ["ann"] * 4, NOON) == [True, True, True, False]
    assert await limits.take(HOME, ["ann"], NOON + 999) == [False]
    assert await limits.take(HOME, ["ann", "ann"], NOON + 1_000) == [True, False]


async def test_visitors_do_not_touch_each_other(limits: Limits) -> None:
    asked = ["ann", "ann", "ben", "ann", "ann", "ben"]
    assert await limits.take(HOME, asked, NOON) == [True, True, True, True, False, True]


async def test_a_network_pays_for_all_of_its_visitors_in_their_order(limits: Limits) -> None:
    asked = [f"visitor-{number}" for number in range(11)]
    assert await limits.take(HOME, asked, NOON) == [True] * 10 + [False]
    assert await limits.take(ELSEWHERE, ["visitor-10"], NOON) == [True]


async def test_what_a_network_refused_costs_the_visitor_nothing(limits: Limits) -> None:
    await limits.take(HOME, [f"visitor-{number}" for number in range(10)], NOON)
    assert await limits.take(HOME, ["ann"], NOON) == [False]
    assert await limits.take(ELSEWHERE, ["ann"] * 4, NOON) == [True, True, True, False]


async def test_who_is_forgotten_starts_anew_and_nobody_else(limits: Limits) -> None:
    await limits.take(HOME, ["ann", "ann", "ann", "ben", "ben", "ben"], NOON)
    await limits.forget("ann")
    await limits.forget("nobody")
    assert await limits.take(HOME, ["ann", "ben"], NOON) == [True, False]


async def test_a_clock_that_steps_back_neither_gives_nor_takes(limits: Limits) -> None:
    assert await limits.take(HOME, ["ann", "ann"], NOON) == [True, True]
    assert await limits.take(HOME, ["ann", "ann"], NOON - 10_000) == [True, False]
    assert await limits.take(HOME, ["ann"], NOON) == [False]


requests = st.lists(
    st.tuples(
        st.integers(0, 3_000),
        st.sampled_from([HOME, ELSEWHERE]),
        st.lists(st.sampled_from(["ann", "ben", "cleo"]), min_size=1, max_size=8),
    ),
    max_size=12,
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_redis(tmp_path_factory.mktemp("redis")) as redis:
        yield redis.url


@settings(max_examples=40)
@given(requests)
async def test_a_redis_decides_as_the_process_does(
    address: str, asked: list[tuple[int, str, list[str]]]
) -> None:
    server = RedisServer(address, "small", ignored, PATIENT_S)
    await server.look()
    await server.client.flushdb()
    shared, own, now = in_redis(server), in_memory(), NOON
    for pause, network, visitors in asked:
        now += pause
        assert await shared.take(network, visitors, now) == await own.take(network, visitors, now)
    await server.close()
