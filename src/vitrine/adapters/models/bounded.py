"""An HTTP client for models: no proxy of the environment, and no answer without an end."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx2

MOST_BYTES = 1024 * 1024
"""Of one answer; the longest that is ever asked for has some 20 KiB."""
IDLE_S = 60.0
"""Of silence on a connection; whoever asks has a shorter deadline of its own."""


class AnswerTooLongError(Exception):
    """An answer went on beyond what is read of it."""


class _BoundedStream(httpx2.AsyncByteStream):
    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        taken = 0
        async for part in self._stream:
            taken += len(part)
            if taken > MOST_BYTES:
                raise AnswerTooLongError(f"more than {MOST_BYTES:,} bytes")
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


class _BoundedTransport(httpx2.AsyncHTTPTransport):
    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        response = await super().handle_async_request(request)
        assert isinstance(response.stream, httpx2.AsyncByteStream)
        response.stream = _BoundedStream(response.stream)
        return response


def bounded_client() -> httpx2.AsyncClient:
    """Return a client whose answers end with `AnswerTooLongError` beyond `MOST_BYTES`."""
    return httpx2.AsyncClient(transport=_BoundedTransport(), timeout=IDLE_S, trust_env=False)
