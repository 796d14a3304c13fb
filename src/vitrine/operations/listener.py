"""Who Alertmanager tells at the terminal: of alerts, and of a heartbeat that no longer comes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

HOST = "127.0.0.1"
ALERTS, HEARTBEAT = "/alerts", "/heartbeat"
SILENT_AFTER_S = 180.0
"""Three heartbeats; the first one may need two minutes, until Alertmanager is up."""
LOOK_EVERY_S = 0.25
REQUEST_WITHIN_S = 5.0
MOST_BYTES = 256 * 1024
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


class Listener:
    """Takes Alertmanager's posts; `report` is told what a person should know, in a sentence.

    At `alerts_url` come alerts and their ends, at `heartbeat_url` the watchdog's heartbeat: the
    dead man's switch, whose silence is told, and its end.
    """

    def __init__(
        self, port: int, report: Callable[[str], None], silent_after_s: float = SILENT_AFTER_S
    ) -> None:
        self._port = port
        self._report = report
        self._silent_after_s = silent_after_s
        self._last = time.monotonic()
        self._silent = False

    @property
    def alerts_url(self) -> str:
        return f"http://{HOST}:{self._port}{ALERTS}"

    @property
    def heartbeat_url(self) -> str:
        return f"http://{HOST}:{self._port}{HEARTBEAT}"

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
        with contextlib.suppress(
            OSError, ValueError, EOFError, TimeoutError, LookupError, TypeError
        ):
            async with asyncio.timeout(REQUEST_WITHIN_S):
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(_length(head))
            method, path, _ = head.split(b" ", 2)
            if method == b"POST" and path == ALERTS.encode():
                self._tell(json.loads(body))
            elif method == b"POST":
                self._beat()
            writer.write(ANSWER)
            await writer.drain()
        writer.close()

    def _tell(self, message: Any) -> None:
        for alert in message["alerts"]:
            labels, notes = alert["labels"], alert["annotations"]
            over = alert["status"] == "resolved"
            state = "resolved" if over else labels["severity"]
            more = "" if over else f" {notes['description']} {notes['runbook_url']}"
            self._report(f"[{state}] {labels['alertname']}: {notes['summary']}.{more}")

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
