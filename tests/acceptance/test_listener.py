"""The listener for alerts and heartbeats, posted to as Alertmanager does."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress

import httpx

from tests.acceptance.prometheus import WITHIN_S
from vitrine.operations.listener import Listener
from vitrine.operations.server import free_port

SILENT_AFTER_S = 0.5


async def until(said: list[str], word: str) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not any(word in line for line in said):
        assert time.monotonic() < deadline, said
        await asyncio.sleep(0.02)


async def test_silence_is_told_once_and_its_end_too() -> None:
    said: list[str] = []
    listener = Listener(free_port(), said.append, SILENT_AFTER_S)
    async with listener.listening(), httpx.AsyncClient(trust_env=False) as client:
        await until(said, "no heartbeat for")
        assert (await client.post(listener.heartbeat_url, json={"alerts": []})).is_success
        await until(said, "the heartbeat is back")
    assert "see whether Prometheus and Alertmanager run" in said[0]


async def test_what_is_no_heartbeat_does_not_count_and_hurts_nobody() -> None:
    said: list[str] = []
    port = free_port()
    listener = Listener(port, said.append, SILENT_AFTER_S)
    async with listener.listening(), httpx.AsyncClient(trust_env=False) as client:
        await client.get(listener.heartbeat_url)
        for nonsense in (b"\x00\xff\r\n\r\n", b"POST / HTTP/1.1\r\ncontent-length: x\r\n\r\n", b""):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(nonsense)
            await writer.drain()
            writer.close()
        await until(said, "no heartbeat for")
        assert (await client.post(listener.heartbeat_url, json={})).is_success
        await until(said, "the heartbeat is back")


async def test_an_alert_and_its_end_are_told_in_a_line_each() -> None:
    said: list[str] = []
    listener = Listener(free_port(), said.append)
    alert = {
        "status": "firing",
        "labels": {"alertname": "TargetDown", "severity": "critical"},
        "annotations": {
            "summary": "Prometheus cannot read the service's metrics",
            "description": "up is 0.",
            "runbook_url": "http://127.0.0.1:8000/runbooks/TargetDown",
        },
    }
    async with listener.listening(), httpx.AsyncClient(trust_env=False) as client:
        for nonsense in (b'{"alerts": [{"labels": {}}]}', b'["nonsense"]', b"7"):
            with suppress(httpx.RemoteProtocolError):
                await client.post(listener.alerts_url, content=nonsense)
        await client.post(listener.alerts_url, json={"alerts": [alert]})
        await client.post(listener.alerts_url, json={"alerts": [{**alert, "status": "resolved"}]})
        await until(said, "[resolved]")
    assert said == [
        (
            "[critical] TargetDown: Prometheus cannot read the service's metrics. up is 0."
            " http://127.0.0.1:8000/runbooks/TargetDown"
        ),
        "[resolved] TargetDown: Prometheus cannot read the service's metrics.",
    ]
