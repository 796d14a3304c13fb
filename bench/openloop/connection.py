"""A persistent connection with at most one request under way."""

from __future__ import annotations

import asyncio
from typing import Protocol, cast

from httptools import HttpParserError, HttpResponseParser

from bench.openloop.outcomes import NO_RETRY_AFTER

UNAVAILABLE = 503


class Pool(Protocol):
    """Who hears what becomes of a connection and of its request."""

    def answered(self, connection: Connection, status: int, body: bytes) -> None: ...

    def lost(self, connection: Connection) -> None: ...


class Connection(asyncio.Protocol):
    """Tells its pool of each answer, and of its end."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._transport: asyncio.Transport | None = None
        self._parser = HttpResponseParser(self)
        self._body: list[bytes] = []
        self._retry_after = False

    @property
    def usable(self) -> bool:
        return self._transport is not None and not self._transport.is_closing()

    def send(self, data: bytes) -> None:
        self._body.clear()
        self._retry_after = False
        assert self._transport is not None
        self._transport.write(data)

    def close(self) -> None:
        """End it at once, whatever is under way."""
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's name
        self._transport = None
        self._pool.lost(self)

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except HttpParserError:
            self.close()

    def on_header(self, name: bytes, _value: bytes) -> None:
        if name.lower() == b"retry-after":
            self._retry_after = True

    def on_body(self, body: bytes) -> None:
        self._body.append(body)

    def on_message_complete(self) -> None:
        status = self._parser.get_status_code()
        if status == UNAVAILABLE and not self._retry_after:
            status = NO_RETRY_AFTER
        if not self._parser.should_keep_alive():
            self.close()
        self._pool.answered(self, status, b"".join(self._body))
