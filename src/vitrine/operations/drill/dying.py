"""Processes of a service that die over and over: killed in turn, as by a system short of memory."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from vitrine.operations.drill.processes import Process

AT_A_TIME = 2
LOOK_EVERY_S = 0.05


async def kill_in_turn(service: Process, targets: Path) -> None:
    """Kill one process of a service and the one after it, let it come up, and kill the next.

    Goes on until cancelled. `targets` is the file that names where each process answers.
    """
    groups = json.loads(await asyncio.to_thread(targets.read_text))
    addresses = [address for group in groups for address in group["targets"]]
    while True:
        for pid in service.children():
            follower = pid
            for _ in range(AT_A_TIME):
                follower = await _killed(service, follower)
            await _all_answer(addresses)


async def _killed(service: Process, pid: int) -> int:
    """Kill a process, and return the one that takes its place."""
    before = set(service.children())
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    while not (started := set(service.children()) - before):  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(LOOK_EVERY_S)
    return started.pop()


async def _all_answer(addresses: Sequence[str]) -> None:
    for address in addresses:
        host, _, port = address.rpartition(":")
        while not await _answers(host, int(port)):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(LOOK_EVERY_S)


async def _answers(host: str, port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(host, port)
    except OSError:
        return False
    writer.close()
    return True
