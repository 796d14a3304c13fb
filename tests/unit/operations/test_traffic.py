from __future__ import annotations

import json
from collections import Counter
from collections.abc import AsyncIterator

import httpx
import pytest

from vitrine.operations import traffic
from vitrine.operations.traffic import Sendable, Tally, TrafficError, send, served_site

URL = "http://service.example/"


class Service:
    """Answers as a service would, and keeps what it was sent."""

    def __init__(self, *statuses: int) -> None:
        self.requests: list[httpx.Request] = []
        self._statuses = list(statuses)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        status = self._statuses.pop(0) if self._statuses else 202
        if status == 0:
            raise httpx.ConnectError("connection refused")
        self.requests.append(request)
        events = json.loads(request.content)["events"]
        receipts = [
            {"event_id": None, "result": "rejected", "reason": "bot"}
            if event["event_name"] == "crawl"
            else {"event_id": None, "result": "accepted", "reason": None}
            for event in events
        ]
        return httpx.Response(status, json={"receipts": receipts, "personalization": None})

    @property
    def transport(self) -> httpx.MockTransport:
        return httpx.MockTransport(self)


def sendable(key: str, *names: str, at_s: float = 0.0) -> Sendable:
    return Sendable(at_s, key, [{"event_name": name} for name in names], {"User-Agent": "Browser"})


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traffic, "FIRST_PAUSE_S", 0.001)


async def test_batches_are_posted_with_their_headers_and_receipts_are_tallied() -> None:
    service = Service()
    tally = await send(
        URL, [sendable("a", "click", "crawl"), sendable("b", "click")], transport=service.transport
    )
    assert tally.receipts == Counter({("accepted", None): 2, ("rejected", "bot"): 1})
    assert (tally.requests, tally.events, tally.retries) == (2, 3, 0)
    assert {str(request.url) for request in service.requests} == {
        "http://service.example/api/events"
    }
    assert {request.headers["user-agent"] for request in service.requests} == {"Browser"}


async def test_what_one_visitor_does_arrives_in_order() -> None:
    service = Service()
    await send(URL, [sendable("a", f"event-{i}") for i in range(150)], transport=service.transport)
    arrived = [json.loads(r.content)["events"][0]["event_name"] for r in service.requests]
    assert arrived == [f"event-{i}" for i in range(150)]


async def test_an_asynchronous_source_is_as_good() -> None:
    async def source() -> AsyncIterator[Sendable]:
        yield sendable("a", "click")

    assert (await send(URL, source(), transport=Service().transport)).events == 1


async def test_a_service_that_cannot_be_reached_is_one_clear_line() -> None:
    with pytest.raises(
        TrafficError, match=r"^no service answers at http://service\.example: connection refused$"
    ):
        await send(URL, [sendable("a", "click")], transport=Service(0).transport)


async def test_with_keep_trying_nothing_is_lost_while_the_service_is_away() -> None:
    service = Service(0, 503, 0)
    heard: list[int] = []

    def told(tally: Tally) -> None:
        heard.append(tally.retries)

    tally = await send(
        URL, [sendable("a", "click")], keep_trying=True, told=told, transport=service.transport
    )
    assert tally.receipts == Counter({("accepted", None): 1})
    assert tally.retries == 3
    assert heard == [1, 2, 3, 3]


async def test_an_answer_without_receipts_counts_as_refused() -> None:
    tally = await send(URL, [sendable("a", "click", "click")], transport=Service(413).transport)
    assert tally.receipts == Counter({("refused", "status 413"): 2})
    assert tally.all_refused


async def test_one_answer_with_receipts_is_enough_for_not_all_to_be_refused() -> None:
    two = [sendable("a", "click"), sendable("a", "crawl")]
    assert not (await send(URL, two, transport=Service(413).transport)).all_refused
    assert not Tally().all_refused


async def test_a_service_tells_which_site_it_serves() -> None:
    def health(request: httpx.Request) -> httpx.Response:
        assert str(request.url) == "http://service.example/health"
        return httpx.Response(200, json={"status": "ok", "site": "small"})

    assert await served_site(URL, httpx.MockTransport(health)) == "small"


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(404, json={"site": "small"}),
        httpx.Response(302, headers={"location": "/"}),
        httpx.Response(200, text="hello"),
        httpx.Response(200, json={"status": "ok"}),
        httpx.Response(200, json=["site"]),
    ],
)
async def test_what_names_no_site_is_no_vitrine(answer: httpx.Response) -> None:
    with pytest.raises(TrafficError, match=r"^what answers at http://service\.example is no Vit"):
        await served_site(URL, httpx.MockTransport(lambda _: answer))


@pytest.mark.parametrize("url", [URL, "nowhere", "http://[", "http://a\x00b"])
async def test_where_nothing_answers_no_site_is_served(url: str) -> None:
    with pytest.raises(TrafficError, match=r"^no service answers at "):
        await served_site(url, Service(0).transport)


async def test_something_else_that_answers_is_told_apart() -> None:
    other = httpx.MockTransport(lambda request: httpx.Response(202, text="hello"))
    with pytest.raises(TrafficError, match="is no Vitrine"):
        await send(URL, [sendable("a", "click")], transport=other)


async def test_events_wait_for_their_time() -> None:
    service = Service()
    order = [sendable("a", "now"), sendable("b", "later", at_s=0.05)]
    tallies: list[int] = []
    await send(
        URL, order, told=lambda tally: tallies.append(tally.requests), transport=service.transport
    )
    arrived = [json.loads(r.content)["events"][0]["event_name"] for r in service.requests]
    assert arrived == ["now", "later"]
    assert tallies == [1, 2]
