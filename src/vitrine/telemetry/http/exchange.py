"""One request and its answer, measured as they pass."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from time import perf_counter

from vitrine.telemetry.http.asgi import Message, Receive, Send
from vitrine.telemetry.http.look_ahead import LookAhead
from vitrine.telemetry.http.series import SETTLE_AT, FinishedRequest, Ledger, Series, Tally
from vitrine.telemetry.http.watch import Watch

BACKGROUND_FROM_S = 0.001
"""What goes on for less after the last byte is the return through the framework."""
CLIENT_LEFT_UNANSWERED = 499
SERVER_ERROR = 500
EVENT_STREAM = b"text/event-stream"

_new = tuple.__new__  # a named tuple's own takes twice as long


class Shared:
    """What the requests of one application have in common.

    `holds_start` says whether the server keeps the status line until the first body message
    comes, as granian does: until then it can still turn into a 500.
    """

    __slots__ = ("finished", "holds_start", "ledger", "watch")

    def __init__(self, finished: Callable[[FinishedRequest], None], holds_start: bool) -> None:
        self.finished = finished
        self.holds_start = holds_start
        self.ledger = Ledger()
        self.watch = Watch(self.ledger.settle)


class Exchange:
    """Gives an application its `send` and `receive` and keeps account of what passes.

    They are bound methods, which the interpreter calls faster than objects with `__call__`.
    """

    __slots__ = (
        "_answered",
        "_client_left",
        "_first_byte",
        "_free_to_ask",
        "_headers",
        "_receive",
        "_request_id",
        "_send",
        "_series",
        "_shared",
        "_status",
        "_timed",
        "began",
        "ended",
        "look_ahead",
    )

    def __init__(
        self, shared: Shared, series: Series, request_id: str, receive: Receive, send: Send
    ) -> None:
        self._shared = shared
        self._series = series
        self._request_id = request_id
        self._receive = receive
        self._send = send
        self._status = SERVER_ERROR
        self._headers: Iterable[tuple[bytes, bytes]] = ()
        self._first_byte = self._client_left = self.ended = 0.0
        self._timed = series.endpoint.timed
        self._free_to_ask = True
        self._answered = False
        self.look_ahead: LookAhead | None = None
        self.began = perf_counter()

    def send(self, message: Message) -> Awaitable[None]:
        """Send a message of the answer."""
        kind = message["type"]
        if kind == "http.response.start":
            self._status = message["status"]
            self._headers = headers = message.get("headers", ())
            if not self._shared.holds_start:
                self._first_byte = perf_counter()
            header = (b"x-request-id", self._request_id.encode())
            return self._send({**message, "headers": [*headers, header]})
        if kind == "http.response.body":
            if message.get("more_body"):
                if not self._first_byte:
                    self._first_byte = perf_counter()
            elif self._first_byte:
                return self._send_last(message)
            elif not self.ended:
                # The whole answer is handed over at once: there is nothing to wait for.
                self._answered = True
                self._first_byte = ended = perf_counter()
                series, status = self._series, self._status
                self._finish(series.answered.get(status) or series.answer(status), ended)
        elif kind == "http.response.pathsend":
            return self._send_last(message)
        return self._send(message)

    async def receive(self) -> Message:
        """Receive the next message of the request."""
        if self.look_ahead is not None:
            return await self.look_ahead.receive()
        self._free_to_ask = False
        try:
            message = await self._receive()
        except asyncio.CancelledError:
            self._free_to_ask = True
            self._look()
            raise
        self._saw(message)
        return message

    def watch(self) -> None:
        """Notice from now on when the client leaves, whether the application asks or not."""
        self.look_ahead = LookAhead(self._receive, self._saw)
        self._look()

    def end(self) -> None:
        """Close the books: the application has returned or failed."""
        if self.look_ahead is not None:
            self.look_ahead.stop()
        now = perf_counter()
        if self.ended:
            background = now - self.ended
            if background >= BACKGROUND_FROM_S:
                self._series.background.observe(background)
            return
        self._timed = self._timed and not self._is_event_stream()
        if self._first_byte:
            self._timed = False
            self._finish(self._series.unfinished(self._status, "stream_broken"), now)
        else:
            self._finish(self._series.unfinished(SERVER_ERROR, "server_error"), now)

    async def _send_last(self, message: Message) -> None:
        """Send the end of a stream, which may have to wait until the client takes it."""
        if not self._first_byte:
            self._first_byte = perf_counter()
        self._answered = True
        await self._send(message)
        if not self.ended:
            self._timed = self._timed and not self._is_event_stream()
            self._finish(self._series.answer(self._status), perf_counter())

    def _saw(self, message: Message) -> None:
        if message["type"] != "http.disconnect":
            # A body that is still on its way is the application's to read.
            self._free_to_ask = not message.get("more_body", False)
            self._look()
        elif not self._answered and not self._client_left:
            self._client_left = perf_counter()

    def _look(self) -> None:
        """Ask on behalf of a slow application, where nothing but a farewell can come."""
        if self.look_ahead is not None and self._free_to_ask and not self._answered:
            self.look_ahead.look()

    def _finish(self, tally: Tally, ended: float) -> None:
        shared, began, first = self._shared, self.began, self._first_byte
        self.ended = ended
        if self._client_left:
            ended = self._client_left
            if not first or first > ended:
                first = 0.0
            self._timed = False
            status = self._status if first else CLIENT_LEFT_UNANSWERED
            tally = self._series.unfinished(status, "client_gone")
        first_byte = first - began if first else None
        what = tally, ended - began, first_byte, self._request_id, self._timed
        finished = _new(FinishedRequest, what)
        pending = shared.ledger.pending
        pending.append(finished)
        if self.look_ahead is None:
            del shared.watch.young[self]
            if len(pending) >= SETTLE_AT:
                shared.ledger.settle()
        else:
            shared.watch.remove(self)
            shared.ledger.settle()
        shared.finished(finished)

    def _is_event_stream(self) -> bool:
        """Whether the answer is a stream of events, which ends when somebody has had enough."""
        return any(
            name.lower() == b"content-type" and value.startswith(EVENT_STREAM)
            for name, value in self._headers
        )
