"""The load generator tells what people would feel, and loses nothing."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from contextlib import suppress
from functools import cached_property
from itertools import repeat
from time import perf_counter

import numpy as np
from numpy.typing import ArrayLike

from bench.openloop.generator import Generator
from bench.openloop.mix import PAGES
from bench.openloop.outcomes import Request
from bench.openloop.report import Report
from bench.openloop.schedule import constant
from tests.acceptance.live import LiveService, environment

ASK = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CONNECTIONS = 4
RATE, SECONDS = 200.0, 3.0
STALL_S = 1.0
LONG_S = 0.3
SHORT_S, PATIENT_S = 1.5, 60.0
"""The short one must do for opening connections, too."""


class Stalling:
    """A server that answers nobody for a second, once it has been at work for one."""

    @cached_property
    def _began(self) -> float:
        return perf_counter()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                await reader.readuntil(b"\r\n\r\n")
                began = self._began  # with the first request
                since = perf_counter() - began
                if STALL_S <= since < 2 * STALL_S:
                    await asyncio.sleep(2 * STALL_S - since)
                writer.write(ANSWER)
        writer.close()


async def closed_loop(port: int) -> list[float]:
    """Ask again when there is an answer, as wrk does; latency counts from the sending."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    seconds = []
    until = perf_counter() + SECONDS
    while (began := perf_counter()) < until:
        writer.write(ASK)
        await reader.readexactly(len(ANSWER))
        seconds.append(perf_counter() - began)
        await asyncio.sleep(CONNECTIONS / RATE)
    writer.close()
    return seconds


def share(seconds: ArrayLike) -> float:
    """Return the share of long ones."""
    return float(np.mean(np.asarray(seconds) >= LONG_S))


async def test_a_stall_is_felt_by_all_who_were_due_meanwhile() -> None:
    stalling = Stalling()
    server = await asyncio.start_server(stalling.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    generator = Generator("127.0.0.1", port, connections=CONNECTIONS, timeout_s=PATIENT_S)
    outcomes, naive = await asyncio.gather(
        generator.run(constant(RATE, SECONDS), repeat(Request("page", 200, ASK))),
        asyncio.gather(*(closed_loop(port) for _ in range(CONNECTIONS))),
    )
    server.close()
    found = outcomes.latency()
    assert outcomes.errors() == {}
    assert found.requests == RATE * SECONDS
    assert found.p95 >= LONG_S  # who was due in the first 0.7 s of the stall, 23 % of all
    # On a machine that stalls, too, both feel more; who waits for answers feels less of it.
    seconds = [one for those in naive for one in those]
    assert share(seconds) < share(outcomes.seconds()) / 2


async def failures(port: int, timeout_s: float = SHORT_S) -> dict[str, int]:
    generator = Generator("127.0.0.1", port, connections=2, timeout_s=timeout_s)
    due = constant(20.0, 0.5)
    return (await generator.run(due, repeat(Request("page", 200, ASK)))).errors()


async def test_a_server_that_never_answers_is_a_timeout_and_the_run_ends() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    assert await failures(server.sockets[0].getsockname()[1]) == {"page: timeout": 10}
    server.close()


async def test_a_server_that_hangs_up_is_a_lost_connection() -> None:
    async def rude(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.close()

    server = await asyncio.start_server(rude, "127.0.0.1", 0)
    assert await failures(server.sockets[0].getsockname()[1], PATIENT_S) == {"page: connection": 10}
    server.close()


def offered(url: str, *words: str) -> Report:
    done = subprocess.run(
        [sys.executable, "-m", "bench.openloop", url, *words],
        capture_output=True,
        text=True,
        timeout=120,
        env=environment(),
        check=True,
    )
    return Report.load(json.loads(done.stdout.splitlines()[-1]))


def test_a_service_has_counted_what_the_generator_says(service: LiveService) -> None:
    report = offered(
        service.url,
        "--rate",
        "60",
        "--seconds",
        "3",
        "--poisson",
        "--again",
        "--timeout",
        f"{PATIENT_S:g}",
    )
    kinds = {kind: latency.requests for kind, latency in report.kinds.items()}
    assert report.errors == {}
    assert sum(kinds.values()) == report.every.requests
    answered = service.counts("api_requests_total", "endpoint")
    assert answered["/api/personalization"] == kinds["personalization"]
    assert answered["/api/events"] == 2 * kinds["events"]  # all of them once more
    assert sum(answered.get(path, 0) for path in PAGES) == kinds["page"]
    received = service.counts("events_received_total", "receipt")
    assert received["accepted"] == report.receipts["accepted"] > 0
    assert received["duplicate"] == report.again["duplicate"] == report.receipts["accepted"]
