"""The listener for heartbeats, posted to as Alertmanager does."""

from __future__ import annotations

import asyncio
import time

import httpx

from vitrine.operations.heartbeat import Heartbeat
from vitrine.operations.server import free_port

SILENT_AFTER_S = 0.5


async def until(said: list[str], word: str) -> None:
    deadline = time.monotonic() + 20
    while not any(word in line for line in said):
        assert time.monotonic() < deadline, said
        await asyncio.sleep(0.02)


async def test_silence_is_told_once_and_its_end_too() -> None:
    said: list[str] = []
    listener = Heartbeat(free_port(), said.append, SILENT_AFTER_S)
    async with listener.listening(), httpx.AsyncClient(trust_env=False) as client:
        await until(said, "no heartbeat for")
        assert (await client.post(listener.url, json={"alerts": []})).is_success
        await until(said, "the heartbeat is back")
    assert "see whether Prometheus and Alertmanager run" in said[0]


async def test_what_is_no_heartbeat_does_not_count_and_hurts_nobody() -> None:
    said: list[str] = []
    port = free_port()
    listener = Heartbeat(port, said.append, SILENT_AFTER_S)
    async with listener.listening(), httpx.AsyncClient(trust_env=False) as client:
        await client.get(listener.url)
        for nonsense in (b"\x00\xff\r\n\r\n", b"POST / HTTP/1.1\r\ncontent-length: x\r\n\r\n", b""):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(nonsense)
            await writer.drain()
            writer.close()
        await until(said, "no heartbeat for")
        assert (await client.post(listener.url, json={})).is_success
        await until(said, "the heartbeat is back")
