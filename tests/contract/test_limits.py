"""One suite for every `Limits`: 60 events a minute of a visitor, 3 at once; 600 of a network,
10 at once; 900 of the site, 15 at once.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.redis_server import PATIENT_S, running_redis
from vitrine.adapters.limits import MemoryLimits
from vitrine.adapters.redis.limits import RedisLimits
from vitrine.adapters.redis.server import RedisServer
from vitrine.domain.limit import Bounds, EventBounds, LimitName
from vitrine.signals import Signal
from vitrine.usecases.ports import Limits

NOON = 1_700_049_600_000
HOME, ELSEWHERE, AWAY = "198.51.100", "192.0.2", "203.0.113"
BOUNDS = EventBounds(visitor=Bounds(60, 3), network=Bounds(600, 10), site=Bounds(900, 15))
OVER, NETWORK_OVER, SITE_OVER = (
    LimitName.VISITOR_EVENTS,
    LimitName.NETWORK_EVENTS,
    LimitName.SITE_EVENTS,
)


def ignored(_signal: Signal) -> None: ...


def in_memory() -> MemoryLimits:
    return MemoryLimits(BOUNDS)


def in_redis(server: RedisServer) -> RedisLimits:
    return RedisLimits(server, BOUNDS, instead=in_memory())


def crowd(name: str, size: int) -> list[str]:
    """Return visitors of whom each sends one event."""
    return [f"{name}-{number}" for number in range(size)]


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
    assert await limits.take(HOME, ["ann"] * 4, NOON) == [None, None, None, OVER]
    assert await limits.take(HOME, ["ann"], NOON + 999) == [OVER]
    assert await limits.take(HOME, ["ann", "ann"], NOON + 1_000) == [None, OVER]


async def test_visitors_do_not_touch_each_other(limits: Limits) -> None:
    asked = ["ann", "ann", "ben", "ann", "ann", "ben"]
    assert await limits.take(HOME, asked, NOON) == [None, None, None, None, OVER, None]


async def test_a_network_pays_for_all_of_its_visitors_in_their_order(limits: Limits) -> None:
    assert await limits.take(HOME, crowd("v", 11), NOON) == [None] * 10 + [NETWORK_OVER]
    assert await limits.take(ELSEWHERE, ["v-10"], NOON) == [None]


async def test_what_a_network_refused_costs_the_visitor_nothing(limits: Limits) -> None:
    await limits.take(HOME, crowd("v", 10), NOON)
    assert await limits.take(HOME, ["ann"], NOON) == [NETWORK_OVER]
    assert await limits.take(ELSEWHERE, ["ann"] * 4, NOON) == [None, None, None, OVER]


async def test_the_site_pays_for_all_networks_and_is_refilled_evenly(limits: Limits) -> None:
    assert await limits.take(HOME, crowd("h", 9), NOON) == [None] * 9
    assert await limits.take(ELSEWHERE, crowd("e", 8), NOON) == [None] * 6 + [SITE_OVER] * 2
    assert await limits.take(AWAY, ["ann"], NOON + 66) == [SITE_OVER]
    assert await limits.take(AWAY, ["ann", "ben"], NOON + 67) == [None, SITE_OVER]


async def test_what_a_visitor_or_a_network_was_refused_costs_the_site_nothing(
    limits: Limits,
) -> None:
    asked = ["ann"] * 7 + ["ben"] * 4
    taken = [*[None] * 3, *[OVER] * 4, *[None] * 3, NETWORK_OVER]
    assert await limits.take(HOME, asked, NOON) == taken
    assert await limits.take(ELSEWHERE, crowd("e", 10), NOON) == [None] * 9 + [SITE_OVER]


async def test_who_is_forgotten_starts_anew_and_nobody_else(limits: Limits) -> None:
    await limits.take(HOME, ["ann", "ann", "ann", "ben", "ben", "ben"], NOON)
    await limits.forget("ann")
    await limits.forget("nobody")
    assert await limits.take(HOME, ["ann", "ben"], NOON) == [None, OVER]


async def test_a_clock_that_steps_back_neither_gives_nor_takes(limits: Limits) -> None:
    assert await limits.take(HOME, ["ann", "ann"], NOON) == [None, None]
    assert await limits.take(HOME, ["ann", "ann"], NOON - 10_000) == [None, OVER]
    assert await limits.take(HOME, ["ann"], NOON) == [OVER]


requests = st.lists(
    st.tuples(
        st.integers(0, 3_000),
        st.sampled_from([HOME, ELSEWHERE, AWAY]),
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
