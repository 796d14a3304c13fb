"""What a Redis is, beside a cache and limits: away, back, shared by processes and sites."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.redis_server import PATIENT_S, RunningRedis, running_redis
from vitrine.adapters.cache import MemoryCache
from vitrine.adapters.limits import MemoryLimits
from vitrine.adapters.redis.cache import RedisCache
from vitrine.adapters.redis.limits import RedisLimits
from vitrine.adapters.redis.server import RedisServer
from vitrine.domain.limit import Bounds, EventBounds, LimitName
from vitrine.operations.server import free_port
from vitrine.signals import (
    CacheEvicted,
    CacheServerFound,
    CacheServerLost,
    CacheServerPassedOver,
    CacheServerRead,
    CacheServerUse,
    LossReason,
    Signal,
)

NOON = 1_700_049_600_000
ONCE = EventBounds(visitor=Bounds(1, 1), network=Bounds(1, 1), site=Bounds(60, 60))
OVER = LimitName.NETWORK_EVENTS
PASSWORD = "hush-of-redis"


class Process:
    """What one process of a site has of a Redis."""

    def __init__(self, url: str, site: str = "small") -> None:
        self.heard: list[Signal] = []
        self.server = RedisServer(url, site, self.heard.append, PATIENT_S)
        memory = MemoryCache(entries=10, limit=10_000, emit=self.heard.append)
        self.cache = RedisCache(self.server, limit=10_000, instead=memory, emit=self.heard.append)
        self.limits = RedisLimits(self.server, ONCE, instead=MemoryLimits(ONCE))

    def of(self, kind: type[Signal]) -> list[Signal]:
        return [signal for signal in self.heard if isinstance(signal, kind)]

    def lost(self) -> list[LossReason]:
        return [signal.reason for signal in self.heard if isinstance(signal, CacheServerLost)]


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RunningRedis]:
    with running_redis(tmp_path, "--maxmemory", "3mb") as program:
        yield program


@pytest.fixture
async def one(redis: RunningRedis) -> AsyncIterator[Process]:
    process = Process(redis.url)
    await process.server.look()
    yield process
    await process.server.close()


@pytest.fixture
async def other(redis: RunningRedis) -> AsyncIterator[Process]:
    process = Process(redis.url)
    await process.server.look()
    yield process
    await process.server.close()


async def test_processes_of_a_site_share_cache_and_limits(one: Process, other: Process) -> None:
    await one.cache.set("a", b"1", 600)
    assert await other.cache.get("a") == b"1"
    assert await one.limits.take("198.51.100", ["ann"], NOON) == [None]
    assert await other.limits.take("198.51.100", ["ann"], NOON) == [OVER]


async def test_two_sites_on_one_redis_never_meet(redis: RunningRedis, one: Process) -> None:
    stranger = Process(redis.url, "another")
    await stranger.server.look()
    await one.cache.set("a", b"1", 600)
    await one.limits.take("198.51.100", ["ann"], NOON)
    assert await stranger.cache.get("a") is None
    assert await stranger.limits.take("198.51.100", ["ann"], NOON) == [None]
    await stranger.server.close()


async def test_keys_are_named_by_site_and_all_expire(redis: RunningRedis, one: Process) -> None:
    await one.cache.set("decision:1", b"1", 100)
    await one.limits.take("198.51.100", ["ann"], NOON)
    with redis.client as client:
        kept = {key.decode(): client.pttl(key) for key in client.scan_iter()}
    assert set(kept) == {
        "vitrine:small:cache:decision:1",
        "vitrine:small:limit:network:198.51.100",
        "vitrine:small:limit:site",
        "vitrine:small:limit:visitor:ann",
        "vitrine:small:proof",
    }
    assert all(0 < ttl <= 120_000 for ttl in kept.values())


async def test_a_redis_that_never_came_is_announced_once_and_nobody_waits_for_it() -> None:
    process = Process("redis://127.0.0.1:1")
    for _ in range(3):
        await process.server.look()
    assert process.heard == [
        CacheServerLost("127.0.0.1:1", LossReason.CONNECTION, "ConnectionError")
    ]
    await process.cache.set("a", b"1", 600)
    assert await process.cache.get("a") == b"1"
    assert process.heard[1:] == [CacheServerPassedOver(CacheServerUse.CACHE)] * 2
    await process.server.close()


async def test_killed_and_started_again_it_is_lost_once_and_found_once(
    redis: RunningRedis, one: Process
) -> None:
    await one.cache.set("a", b"1", 600)
    one.heard.clear()
    redis.kill()
    for _ in range(3):
        assert await one.cache.get("a") is None
        assert await one.limits.take("198.51.100", ["ann"], NOON) in ([None], [OVER])
        await one.server.look()
    assert one.lost() == [LossReason.CONNECTION]
    redis.start()
    await one.server.look()
    await one.server.look()
    assert len(one.of(CacheServerFound)) == 1
    one.heard.clear()
    await one.cache.set("a", b"2", 600)
    assert await one.cache.get("a") == b"2"
    assert await one.limits.take("198.51.100", ["ben"], NOON) == [None]
    assert one.heard == []


async def test_one_that_hangs_is_asked_once_and_left_alone(
    redis: RunningRedis, one: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    redis.hold()
    one.heard.clear()
    with monkeypatch.context() as impatient:
        impatient.setattr(one.server, "_within_s", 0.1)
        for _ in range(5):
            assert await one.cache.get("a") is None
        assert one.lost() == [LossReason.TIMEOUT]
        await one.server.look()
    redis.go_on()
    await one.server.look()
    assert len(one.of(CacheServerFound)) == 1
    await one.cache.set("a", b"1", 600)
    assert await one.cache.get("a") == b"1"


async def test_what_it_says_of_itself_is_not_told_when_it_was_lost_meanwhile(
    redis: RunningRedis, one: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = one.server._said

    async def lost_meanwhile() -> Any:
        found = await said()
        redis.kill()
        await one.cache.get("a")
        return found

    monkeypatch.setattr(one.server, "_said", lost_meanwhile)
    one.heard.clear()
    await one.server.look()
    assert one.lost() == [LossReason.CONNECTION]
    assert one.of(CacheServerRead) == []


async def refused(one: Process) -> None:
    """Find that a command is refused, that a look is too, and that the process helps itself."""
    one.heard.clear()
    await one.cache.set("a", b"1", 600)
    assert await one.cache.get("a") == b"1"
    await one.server.look()
    assert one.lost() == [LossReason.REFUSED]
    assert one.of(CacheServerFound) == []


async def test_one_that_is_full_and_may_not_forget_is_away_until_it_has_room(
    redis: RunningRedis, one: Process
) -> None:
    with redis.client as client:
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("maxmemory", "1")
        await refused(one)
        client.config_set("maxmemory", "3mb")
    await one.server.look()
    assert len(one.of(CacheServerFound)) == 1


async def test_a_replica_that_may_only_be_read_is_away(redis: RunningRedis, one: Process) -> None:
    with redis.client as client:
        client.replicaof("127.0.0.1", 1)
        await refused(one)


async def test_one_whose_password_is_another_is_away_and_no_signal_says_the_password(
    redis: RunningRedis,
) -> None:
    with redis.client as client:
        client.config_set("requirepass", "another")
    process = Process(redis.url.replace("redis://", f"redis://:{PASSWORD}@"))
    await process.server.look()
    assert process.lost() == [LossReason.REFUSED]
    assert PASSWORD not in repr((process.heard, process.server.place))
    await process.server.close()


async def test_a_restart_loses_the_script_and_nobody_notices(
    redis: RunningRedis, one: Process
) -> None:
    await one.limits.take("198.51.100", ["ann"], NOON)
    with redis.client as client:
        client.script_flush()
    one.heard.clear()
    assert await one.limits.take("192.0.2", ["ben"], NOON) == [None]
    assert one.heard == []


async def test_it_says_how_it_is(redis: RunningRedis, one: Process) -> None:
    await one.cache.set("a", b"1", 0.001)
    await one.cache.set("b", b"1", 600)
    await one.cache.get("b")
    await one.cache.get("nothing")
    await one.server.look()
    said = one.of(CacheServerRead)[-1]
    assert isinstance(said, CacheServerRead)
    assert 500_000 < said.memory_bytes < said.limit_bytes == 3 * 1024 * 1024
    assert (said.hits, said.misses) == (1, 1)
    assert 2 <= said.keys == said.expiring <= 3  # the one that is too old may be there still
    assert said.clients >= 1


@pytest.mark.parametrize("damage", ["no JSON", "cut off", "another type"])
async def test_what_is_not_as_it_was_set_is_not_found_and_the_next_value_takes_its_place(
    redis: RunningRedis, one: Process, damage: str
) -> None:
    await one.cache.set("a", b'"priority_sections":[]', 600)
    name = "vitrine:small:cache:a"
    with redis.client as client:
        whole = client.get(name)
        assert isinstance(whole, bytes)
        client.delete(name)
        if damage == "another type":
            client.rpush(name, "b")
        else:
            client.set(name, b"\xff{" if damage == "no JSON" else whole[:-3])
    one.heard.clear()
    assert await one.cache.get("a") is None
    assert one.heard == [CacheEvicted("damaged")]
    await one.cache.set("a", b"2", 600)
    assert await one.cache.get("a") == b"2"
    assert one.lost() == []


async def test_one_that_may_not_say_how_it_is_is_used_all_the_same(
    redis: RunningRedis, one: Process
) -> None:
    with redis.client as client:
        client.acl_setuser("default", commands=["-info"])
    one.heard.clear()
    await one.server.look()
    await one.cache.set("a", b"1", 600)
    assert await one.cache.get("a") == b"1"
    assert one.heard == []


async def test_options_in_the_address_change_nothing_that_others_rely_on(
    redis: RunningRedis,
) -> None:
    one = Process(f"{redis.url}?decode_responses=true&socket_timeout=60&protocol=3")
    await one.server.look()
    await one.cache.set("a", b"\xff", 600)
    assert await one.cache.get("a") == b"\xff"
    assert one.lost() == []
    await one.server.close()


async def test_it_may_be_asked_by_tls(tmp_path: Path) -> None:
    key, certificate, port = tmp_path / "key.pem", tmp_path / "certificate.pem", free_port()
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    named = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", str(key), "-out", str(certificate)]
    await asyncio.to_thread(
        subprocess.run, [*made, *named, *files], check=True, stderr=subprocess.DEVNULL
    )
    options = ["--tls-port", str(port), "--tls-auth-clients", "no"]
    secrets = ["--tls-cert-file", str(certificate), "--tls-key-file", str(key)]
    trusted = ["--tls-ca-cert-file", str(certificate)]
    with running_redis(tmp_path, *options, *secrets, *trusted):
        one = Process(f"rediss://localhost:{port}?ssl_ca_certs={certificate}")
        stranger = Process(f"rediss://localhost:{port}")
        for process in (one, stranger):
            await process.server.look()
        await one.cache.set("a", b"1", 600)
        found = await asyncio.gather(*(one.cache.get("a") for _ in range(20)))
        assert set(found) == {b"1"}
        assert one.lost() == []
        assert stranger.lost() == [LossReason.CONNECTION]
        for process in (one, stranger):
            await process.server.close()


def test_certificates_that_are_not_there_are_refused_at_once() -> None:
    with pytest.raises(OSError, match="No such file"):
        Process("rediss://localhost?ssl_ca_certs=/no/such/file")


@pytest.mark.parametrize("url", ["redis://127.0.0.1?no_such_option=1", "redis://127.0.0.1?db=x"])
def test_an_address_with_options_that_nobody_knows_is_refused(url: str) -> None:
    with pytest.raises((TypeError, ValueError)):
        Process(url)
