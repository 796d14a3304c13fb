"""A service with a Redis that is killed, hangs and comes back: no visitor notices."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.live import LiveService
from tests.acceptance.prometheus import wait_for
from tests.redis_server import RunningRedis, running_redis

PASSWORD = "hush-of-redis"
MOST_REQUESTS = 20_000
FORWARDED = {"x-forwarded-for": "198.51.100.7"}
"""A visitor behind the proxy on this machine: a direct peer has no limits."""
ROOM_AGAIN_AFTER_S = 10.0
"""Half of what it takes until a site that may send three events a minute may send another."""


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RunningRedis]:
    with running_redis(tmp_path / "redis") as program:
        yield program


def started(start: Callable[..., LiveService], redis: RunningRedis, **more: str) -> LiveService:
    return start(REDIS_URL=redis.url, VITRINE_TRUSTED_PROXIES="127.0.0.0/8", **more)


class Visitors:
    """Two that send events and ask for pages until they are told to stop."""

    def __init__(self, service: LiveService) -> None:
        self._service = service
        self._stopped = threading.Event()
        self.statuses: list[int] = []

    def visit(self, number: int) -> None:
        with self._service.client() as client:
            for turn in range(MOST_REQUESTS):
                if self._stopped.wait(0.005):
                    return
                visitor = f"visitor-{number}-{turn // 20}"
                event = {"event_name": "download_resume", "user_pseudo_id": visitor}
                sent = client.post("/api/events", json=event, headers=FORWARDED)
                asked = client.get("/api/personalization", params={"user_id": visitor})
                self.statuses += [sent.status_code, asked.status_code]

    @contextmanager
    def about(self) -> Iterator[None]:
        with ThreadPoolExecutor(2) as pool:
            visits = [pool.submit(self.visit, number) for number in range(2)]
            try:
                yield
            finally:
                self._stopped.set()
            for visit in visits:
                visit.result()


def in_use(service: LiveService) -> bool:
    return bool(service.counts("cache_server_up"))


def fallbacks(service: LiveService) -> dict[Any, int]:
    return service.counts("cache_server_fallbacks_total", "use")


def shared_in(redis: RunningRedis) -> set[str]:
    """Return what of a service there is in a Redis: its cache, its limits."""
    with redis.client as client:
        return {key.decode().split(":")[2] for key in client.scan_iter("vitrine:portfolio:*:*")}


@pytest.mark.parametrize(
    ("away", "back", "reasons"),
    [
        (RunningRedis.kill, RunningRedis.start, {"connection", "timeout"}),
        (RunningRedis.hold, RunningRedis.go_on, {"timeout"}),
    ],
    ids=["killed", "hanging"],
)
def test_a_redis_that_goes_and_comes_back_gives_no_visitor_an_error(
    start_service: Callable[..., LiveService],
    redis: RunningRedis,
    away: Callable[[RunningRedis], None],
    back: Callable[[RunningRedis], None],
    reasons: set[str],
) -> None:
    service = started(start_service, redis)
    visitors = Visitors(service)
    with visitors.about():
        wait_for(lambda: shared_in(redis) == {"cache", "limit"}, "a Redis in use")
        away(redis)
        wait_for(lambda: not in_use(service), "a Redis that is away")
        wait_for(lambda: fallbacks(service).keys() >= {"cache", "limits"}, "what is in the process")
        assert service.counts("cache_server_memory_bytes") == {}
        wait_for(lambda: service.counts("cache_entries"), "entries in the process")
        back(redis)
        wait_for(lambda: in_use(service), "a Redis in use again")
        wait_for(lambda: shared_in(redis) == {"cache", "limit"}, "cache and limits in it")
    assert set(visitors.statuses) == {200, 202}
    assert set(service.counts("cache_server_losses_total", "reason")) & reasons
    losses = service.said("Cache server away")
    assert {line["place"] for line in losses} == {redis.place}
    # Each is said once, however many ask: then it has to be found again.
    assert len(losses) <= len(service.said("Cache server in use"))


def test_two_processes_share_what_a_visitor_and_the_site_may_send(
    start_service: Callable[..., LiveService], redis: RunningRedis, tmp_path: Path
) -> None:
    settings = {
        "REDIS_URL": redis.url,
        "VITRINE_TRUSTED_PROXIES": "127.0.0.0/8",
        "VITRINE_SECRET": "sixteen bytes or more",
        "VITRINE_VISITOR_EVENTS_PER_MINUTE": "2",
        "VITRINE_SITE_EVENTS_PER_MINUTE": "3",
    }
    one = start_service(**settings)
    other = LiveService(tmp_path / "other", **settings)
    try:
        seen = wait_for(lambda: _together(one, other, redis), "a Redis that is never late")
    finally:
        other.end()
    assert seen == (
        ["accepted", "accepted", "rejected", "accepted", "rejected"],
        [{"visitor_events": 1, "site_events": 1}, {}],
    )


def _together(
    one: LiveService, other: LiveService, redis: RunningRedis
) -> tuple[list[str], list[Counter[str]]] | None:
    """Return what becomes of events, and what was over; nothing where a process judged alone.

    Nor where it took so long that there is room again.
    """
    if not (in_use(one) and in_use(other)):
        return None
    with redis.client as client:
        client.flushdb()
    before = [(fallbacks(service), over(service)) for service in (one, other)]
    began, results = time.monotonic(), []
    senders = [(one, "ann"), (other, "ann"), (one, "ann"), (other, "ben"), (one, "cleo")]
    for service, visitor in senders:
        event = {"event_name": "download_resume", "user_pseudo_id": visitor}
        with service.client() as client:
            answer = client.post("/api/events", json=event, headers=FORWARDED).json()
            results.append(answer["receipts"][0]["result"])
    took_s = time.monotonic() - began
    after = [(fallbacks(service), over(service)) for service in (one, other)]
    alone = [fell for fell, _ in before] != [fell for fell, _ in after]
    if alone or took_s > ROOM_AGAIN_AFTER_S:
        return None
    return results, [now - then for (_, then), (_, now) in zip(before, after, strict=True)]


def over(service: LiveService) -> Counter[str]:
    """Return how often each limit was exceeded."""
    return Counter(service.counts("api_limited_total", "limit"))


def test_without_its_redis_a_service_starts_and_no_line_says_the_password(
    start_service: Callable[..., LiveService], tmp_path: Path
) -> None:
    with running_redis(tmp_path / "redis", password=PASSWORD) as redis:
        redis.kill()
        service = start_service(REDIS_URL=redis.url, LOG_LEVEL="DEBUG")
        _goes_without(service, redis)
        redis.start()
        wait_for(lambda: in_use(service), "a Redis that came later")
    wait_for(lambda: not in_use(service), "a Redis that went")
    assert PASSWORD not in service.log.read_text()


def _goes_without(service: LiveService, redis: RunningRedis) -> None:
    with service.client() as client:
        assert client.get("/api/personalization", params={"user_id": "ann"}).is_success
    (line,) = service.said("Cache server away")
    assert line["level"] == "WARNING"
    assert line["place"] == redis.place
