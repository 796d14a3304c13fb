"""`python -m bench.openloop URL`: offers load, in a process of its own.

Prints `begun` when the first request is due, and a report as one line of JSON at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from urllib.parse import urlsplit

import uvloop

from bench.openloop.generator import TIMEOUT_S, Generator
from bench.openloop.mix import EVENTS, Mix
from bench.openloop.outcomes import Outcomes, Request
from bench.openloop.report import report_of
from bench.openloop.schedule import Due, constant, poisson

ACCEPTED = 202
AGAIN_PER_S = 500.0
PRIORITY = 1
"""Real-time, the lowest: clients have machines of their own, and wait for no processor here."""


def main() -> None:
    asked = _asked()
    url = urlsplit(asked.url)
    if url.scheme != "http" or url.hostname is None or url.port is None:
        sys.exit(f"{asked.url}: must be http://HOST:PORT")
    mix = Mix(url.netloc, asked.seed)
    due = (
        poisson(asked.rate, asked.seconds, asked.seed)
        if asked.poisson
        else constant(asked.rate, asked.seconds)
    )

    with suppress(PermissionError, AttributeError):  # who may not is late, and says so
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(PRIORITY))
    worked: list[float] = []

    def begun() -> None:
        worked.append(time.process_time())
        print("begun", flush=True)

    async def offer(
        due: Due, requests: Iterable[Request], begun: Callable[[], None] = lambda: None
    ) -> Outcomes:
        generator = Generator(
            str(url.hostname),
            int(url.port or 0),
            connections=asked.connections,
            timeout_s=asked.timeout,
            begun=begun,
        )
        return await generator.run(due, requests)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as loop:
        try:
            outcomes = loop.run(offer(due, mix, begun))
        except TimeoutError:
            sys.exit(f"{asked.url}: {asked.connections} connections cannot be opened there")
        cpu_s, again = time.process_time() - worked[0], None
        if asked.again:
            requests = list(_acknowledged(mix, outcomes, len(due)))
            later = constant(AGAIN_PER_S, len(requests) / AGAIN_PER_S)
            again = loop.run(offer(later, requests))
    print(json.dumps(report_of(outcomes, asked.seconds, cpu_s, again).dump()))


def _acknowledged(mix: Iterable[Request], outcomes: Outcomes, number: int) -> Iterator[Request]:
    """Yield the events that were answered with 202: the same seed sends the same again."""
    for index, request in zip(range(number), mix, strict=False):
        if request.kind == EVENTS and outcomes.status(index) == ACCEPTED:
            yield request


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.openloop", description=__doc__)
    parser.add_argument("url", help="http://HOST:PORT of a service on this machine")
    parser.add_argument("--rate", type=float, default=100.0, help="requests per second")
    parser.add_argument("--seconds", type=float, default=5.0, help="how long they are due")
    parser.add_argument("--connections", type=int, default=100, help="kept open")
    parser.add_argument("--timeout", type=float, default=TIMEOUT_S, help="seconds from when due")
    parser.add_argument("--seed", type=int, default=1, help="another seed has other visitors")
    parser.add_argument("--poisson", action="store_true", help="else evenly apart")
    parser.add_argument(
        "--again", action="store_true", help="send what was acknowledged once more afterwards"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
