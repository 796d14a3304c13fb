"""The dead man's switch: somebody who notices that no heartbeat comes any more."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable

HOST = "127.0.0.1"
SILENT_AFTER_S = 180.0
"""Three heartbeats; the first one may need two minutes, until Alertmanager is up."""
LOOK_EVERY_S = 0.25
REQUEST_WITHIN_S = 5.0
MOST_BYTES = 256 * 1024
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class Heartbeat:
    """Takes Alertmanager's posts; `report` is told of silence, and of its end, in a sentence."""

    def __init__(
        self, port: int, report: Callable[[str], None], silent_after_s: float = SILENT_AFTER_S
    ) -> None:
        self._port = port
        self._report = report
        self._silent_after_s = silent_after_s
        self._last = time.monotonic()
        self._silent = False

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._port}/"

    @contextlib.asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Listen, and watch over the silence, until the block ends."""
        self._last = time.monotonic()
        server = await asyncio.start_server(self._take, HOST, self._port, limit=MOST_BYTES)
        watching = asyncio.create_task(self._watch())
        try:
            yield
        finally:
            watching.cancel()
            server.close()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            silence = time.monotonic() - self._last
            if silence > self._silent_after_s and not self._silent:
                self._silent = True
                self._report(
                    f"no heartbeat for {silence:.0f} s: alerts may no longer reach anybody;"
                    " see whether Prometheus and Alertmanager run"
                )

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, ValueError, EOFError, TimeoutError):
            async with asyncio.timeout(REQUEST_WITHIN_S):
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(_length(head))
            if head.startswith(b"POST "):
                self._beat()
            writer.write(ANSWER)
            await writer.drain()
        writer.close()

    def _beat(self) -> None:
        self._last = time.monotonic()
        if self._silent:
            self._silent = False
            self._report("the heartbeat is back: alerts reach those who listen")


def _length(head: bytes) -> int:
    """Return the length of a request's body; raises `ValueError` where it is no number."""
    for line in head.lower().split(b"\r\n"):
        if line.startswith(b"content-length:"):
            return min(int(line.partition(b":")[2]), MOST_BYTES)
    return 0
