from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from vitrine.catalogue.metrics import (
    API_BACKGROUND,
    API_DURATION,
    API_IN_FLIGHT,
    API_OUTCOMES,
    API_REQUESTS,
    CATALOGUE,
)
from vitrine.telemetry.http import FinishedRequest, HttpTelemetry, Routes, exchange
from vitrine.telemetry.http.asgi import AsgiApp, Message, Receive, Scope, Send
from vitrine.telemetry.http.middleware import PLACES_REMEMBERED
from vitrine.telemetry.http.series import SETTLE_AT
from vitrine.telemetry.http.watch import WATCH_AFTER_S, Watch
from vitrine.telemetry.registry import Registry
from vitrine.telemetry.request_id import current

REQUEST: Message = {"type": "http.request", "body": b"", "more_body": False}
DISCONNECT: Message = {"type": "http.disconnect"}
START: Message = {"type": "http.response.start", "status": 200, "headers": [(b"a", b"b")]}
PART: Message = {"type": "http.response.body", "body": b"part", "more_body": True}
LAST: Message = {"type": "http.response.body", "body": b"last"}
SLOW_S = 3 * WATCH_AFTER_S


async def settle() -> None:
    """Let everybody take the steps that they can take by now."""
    for _ in range(10):
        await asyncio.sleep(0)


class Client:
    """A server's side of one request: what it says, and what was sent to it."""

    def __init__(self, *messages: Message) -> None:
        self.sent: list[Message] = []
        self.asked = 0
        self._messages: asyncio.Queue[Message] = asyncio.Queue()
        for message in messages or (REQUEST,):
            self._messages.put_nowait(message)

    def leave(self) -> None:
        self._messages.put_nowait(DISCONNECT)

    async def receive(self) -> Message:
        self.asked += 1
        return await self._messages.get()

    async def send(self, message: Message) -> None:
        self.sent.append(message)


class Measured:
    def __init__(self, app: AsgiApp, *paths: str) -> None:
        routes = Routes(dict.fromkeys(paths or ("/",), ("GET",)))
        self.registry = Registry(CATALOGUE, {"endpoint": routes.templates}, {})
        self.finished: list[FinishedRequest] = []
        self.app = HttpTelemetry(
            app, routes=routes, registry=self.registry, finished=self.finished.append
        )

    async def ask(self, client: Client | None = None, **scope: Any) -> Client:
        asked = client or Client()
        default = {"type": "http", "method": "GET", "path": "/", "headers": []}
        await self.app({**default, **scope}, asked.receive, asked.send)
        return asked

    def statuses(self) -> dict[tuple[str, ...], float]:
        self.registry.refresh()
        cells = self.registry[API_REQUESTS].cells
        return {values: cell.value for values, cell in cells.items() if cell.value}

    def outcomes(self) -> dict[str, float]:
        self.registry.refresh()
        cells = self.registry[API_OUTCOMES].cells
        return {values[1]: cell.value for values, cell in cells.items() if cell.value}


async def whole(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send(START)
    await send(LAST)


def answering(status: int) -> AsgiApp:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({**START, "status": status})
        await send(LAST)

    return app


async def test_messages_of_the_application_are_not_changed() -> None:
    client = await Measured(whole).ask()

    assert START["headers"] == [(b"a", b"b")]
    assert client.sent[0]["headers"][0] == (b"a", b"b")
    assert client.sent[0]["headers"][1][0] == b"x-request-id"
    assert client.sent[1] is LAST


@pytest.mark.parametrize(
    ("status", "outcome"),
    [(204, "ok"), (304, "ok"), (404, "client_error"), (429, "client_error"), (503, "server_error")],
)
async def test_a_complete_answer_ends_as_its_status_says(status: int, outcome: str) -> None:
    measured = Measured(answering(status))
    await measured.ask()

    assert measured.outcomes() == {outcome: 1}
    assert measured.statuses() == {("GET", "/", str(status)): 1}


async def test_a_405_of_the_application_itself_has_no_endpoint() -> None:
    measured = Measured(answering(405))
    await measured.ask()

    assert measured.statuses() == {("GET", "unmatched", "405"): 1}


async def test_the_exception_of_an_application_goes_on_to_the_server() -> None:
    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise ValueError("mine")

    measured = Measured(app)
    with pytest.raises(ValueError, match="mine"):
        await measured.ask()

    assert measured.statuses() == {("GET", "/", "500"): 1}
    assert current() is None


async def test_an_application_that_forgets_the_last_byte_has_broken_its_stream() -> None:
    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send(START)
        await send(PART)

    measured = Measured(app)
    await measured.ask()

    assert measured.outcomes() == {"stream_broken": 1}


async def test_an_application_that_says_nothing_is_a_server_error() -> None:
    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        """Say nothing."""

    measured = Measured(app)
    await measured.ask()

    assert measured.statuses() == {("GET", "/", "500"): 1}


async def test_a_failure_of_background_work_does_not_spoil_a_complete_answer() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await whole(scope, receive, send)
        raise ValueError

    measured = Measured(app)
    with pytest.raises(ValueError):  # noqa: PT011  # the application's own, without a text
        await measured.ask()

    assert measured.outcomes() == {"ok": 1}
    assert len(measured.finished) == 1


async def test_an_application_that_reads_on_after_its_answer_was_not_abandoned() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await whole(scope, receive, send)
        assert await receive() == DISCONNECT

    measured = Measured(app)
    await measured.ask(Client(REQUEST, DISCONNECT))

    assert measured.outcomes() == {"ok": 1}


async def test_an_application_that_reads_of_a_farewell_and_answers_all_the_same_is_a_499() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        await whole(scope, receive, send)

    measured = Measured(app)
    await measured.ask(Client(REQUEST, DISCONNECT))

    assert measured.statuses() == {("GET", "/", "499"): 1}
    assert measured.finished[0].first_byte_s is None


def sleeping(then: Callable[[Receive], Awaitable[None]] | None = None) -> AsgiApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(SLOW_S)
        if then is not None:
            await then(receive)
        await whole(scope, receive, send)

    return app


async def test_a_slow_request_is_watched_and_what_was_learnt_is_kept_for_it() -> None:
    received: list[Message] = []

    async def read(receive: Receive) -> None:
        received.extend([await receive(), await receive()])

    client = Client(REQUEST, DISCONNECT)
    measured = Measured(sleeping(read))
    await measured.ask(client)

    assert received == [REQUEST, DISCONNECT]
    assert client.asked == 2
    assert measured.outcomes() == {"client_gone": 1}


async def test_a_quick_request_is_asked_nothing() -> None:
    client = await Measured(whole).ask()
    await asyncio.sleep(SLOW_S)

    assert client.asked == 0


async def test_no_more_than_one_part_of_an_unread_body_is_read_ahead() -> None:
    part: Message = {"type": "http.request", "body": b"x", "more_body": True}
    client = Client(part, part, part, REQUEST)
    bodies: list[Message] = []

    async def read(receive: Receive) -> None:
        assert client.asked == 1
        while not bodies or bodies[-1]["more_body"]:
            bodies.append(await receive())

    measured = Measured(sleeping(read))
    await measured.ask(client)

    assert bodies == [part, part, part, REQUEST]
    assert measured.outcomes() == {"ok": 1}


async def test_an_application_that_gives_up_asking_loses_nothing() -> None:
    received: list[Message] = []

    async def read(receive: Receive) -> None:
        received.append(await receive())
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(receive(), 0.01)
        client.leave()
        received.append(await receive())

    client = Client()
    await Measured(sleeping(read)).ask(client)

    assert received == [REQUEST, DISCONNECT]


async def test_a_question_given_up_before_the_watch_began_is_asked_again_by_it() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(receive(), SLOW_S)
        client.leave()
        await settle()
        await whole(scope, receive, send)

    client = Client()
    measured = Measured(app)
    await measured.ask(client)

    assert measured.outcomes() == {"client_gone": 1}


async def test_what_the_server_raises_at_a_question_reaches_the_application() -> None:
    class Failing(Client):
        async def receive(self) -> Message:
            raise ConnectionError("lost")

    async def read(receive: Receive) -> None:
        with pytest.raises(ConnectionError, match="lost"):
            await receive()

    measured = Measured(sleeping(read))
    await measured.ask(Failing())

    assert measured.outcomes() == {"ok": 1}


async def test_a_client_that_leaves_with_the_last_byte_has_its_answer() -> None:
    class Leaving(Client):
        async def send(self, message: Message) -> None:
            if message is LAST:
                self.leave()
                await settle()

    async def stream(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(SLOW_S)
        await send(START)
        await send(PART)
        await send(LAST)

    measured = Measured(stream)
    await measured.ask(Leaving())

    assert measured.outcomes() == {"ok": 1}


async def test_the_watch_leaves_nothing_behind() -> None:
    await Measured(sleeping()).ask()
    await settle()

    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_in_flight_is_counted_until_the_last_byte_and_background_after_it() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        at.append(in_flight())
        await whole(scope, receive, send)
        at.append(in_flight())
        await asyncio.sleep(SLOW_S)

    def in_flight() -> float:
        measured.registry.refresh()
        return measured.registry[API_IN_FLIGHT].cell().value

    at: list[float] = []
    measured = Measured(app)
    await measured.ask()

    assert at == [1, 0]
    background = measured.registry[API_BACKGROUND].histogram("page")
    assert sum(background.counts) == 1
    assert background.total > SLOW_S / 2


async def test_an_answer_without_work_behind_it_has_no_background(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exchange, "BACKGROUND_FROM_S", 60.0)  # whatever else the machine does
    measured = Measured(whole)
    await measured.ask()

    assert sum(measured.registry[API_BACKGROUND].histogram("page").counts) == 0


async def test_an_event_stream_is_not_timed_however_it_ends() -> None:
    kind = {"headers": [(b"Content-Type", b"text/event-stream; charset=utf-8")]}

    async def complete(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send(START | kind)
        await send(PART)
        await send(LAST)

    async def broken(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send(START | kind)
        raise ConnectionError

    for app in (complete, broken):
        measured = Measured(app)
        try:
            await measured.ask()
        except ConnectionError:
            assert app is broken
        measured.registry.refresh()
        assert sum(measured.registry[API_DURATION].histogram("GET", "/").counts) == 0


async def test_a_scrape_is_counted_and_not_timed() -> None:
    measured = Measured(whole, "/metrics")
    await measured.ask(path="/metrics")

    assert measured.statuses() == {("GET", "/metrics", "200"): 1}
    assert sum(measured.registry[API_DURATION].histogram("GET", "/metrics").counts) == 0


async def test_requests_are_counted_once_each_however_many_come_between_scrapes() -> None:
    measured = Measured(whole)
    number = 3 * SETTLE_AT + 5
    for _ in range(number):
        await measured.ask()
    measured.registry.refresh()

    assert measured.statuses() == {("GET", "/", "200"): number}
    assert sum(measured.registry[API_DURATION].histogram("GET", "/").counts) == number
    assert len(measured.finished) == number


async def test_counts_come_without_a_scrape_too() -> None:
    measured = Measured(whole)
    await measured.ask()
    await asyncio.sleep(SLOW_S)

    assert measured.registry[API_REQUESTS].cell("GET", "/", "200").value == 1


async def test_hostile_paths_and_methods_make_neither_series_nor_memory() -> None:
    measured = Measured(whole)
    for number in range(PLACES_REMEMBERED + 10):
        await measured.ask(method=f"Z{number}", path=f"/{number}")

    assert list(measured.statuses()) == [("other", "unmatched", "200")]
    assert measured.app._places == {}


async def test_the_log_inside_a_request_knows_its_id(caplog: pytest.LogCaptureFixture) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        logging.getLogger("test").warning("id %s", current())
        await whole(scope, receive, send)

    measured = Measured(app)
    await asyncio.gather(measured.ask(), measured.ask())

    ids = {f"id {request.request_id}" for request in measured.finished}
    assert {record.message for record in caplog.records} == ids
    assert len(ids) == 2
    assert current() is None


@pytest.mark.parametrize("kind", ["websocket", "lifespan"])
async def test_what_is_no_request_passes_untouched(kind: str) -> None:
    got: list[object] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        got.extend([scope, receive, send])

    measured, client = Measured(app), Client()
    scope = {"type": kind}
    receive, send = client.receive, client.send
    await measured.app(scope, receive, send)

    assert got == [scope, receive, send]
    assert measured.finished == []


async def test_the_timer_stops_when_nothing_is_young() -> None:
    class Slow:
        began = 0.0
        watched = 0

        def watch(self) -> None:
            self.watched += 1

    ticks: list[None] = []
    watch, slow = Watch(lambda: ticks.append(None)), Slow()
    watch.young[slow] = None
    watch.start()
    await asyncio.sleep(SLOW_S)

    assert (slow.watched, len(watch), watch.ticking, len(ticks)) == (1, 1, False, 1)
    watch.remove(slow)
    assert len(watch) == 0
