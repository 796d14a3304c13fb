"""`make bench-scale`: what 10,000, 100,000 and 1,000,000 visitors cost, in full.

Takes about fifteen minutes and 2 GB. `python -m bench.scale 10000 10` measures one size,
`python -m bench.scale 10000 10 postgres` the same on a PostgreSQL of its own.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import NamedTuple

import httpx

from bench.capacity import Model, Point
from bench.load import started
from bench.population import Filled
from bench.processes import usage
from bench.scrape import scraped
from tests.postgres import PostgresServer
from vitrine.operations.server import free_port

SIZES = ((10_000, 10), (10_000, 40), (100_000, 10), (1_000_000, 10))
"""Visitors, and the events of each: ten million events at most."""
SCRAPES, ASKED = 9, 200


class Measured(NamedTuple):
    """A size with what storing and analysing it took, and how a service does on it.

    `analyse_wall_s` and `analyse_mib` are those of `vitrine analyse`, `scrape_ms` the best of
    nine, `first_ms` the median answer to a visitor whose visit has to be read, `service_mib`
    the service's memory after all that.
    """

    visitors: int
    events: int
    filled: Filled
    analyse_s: float
    analyse_wall_s: float
    analyse_mib: float
    scrape_ms: float
    series: int
    first_ms: float
    service_mib: float

    def point(self) -> Point:
        filled = self.filled
        return Point(
            self.visitors, self.events, filled.bytes, filled.cpu_s, self.analyse_s, filled.mib
        )


def measure(visitors: int, each: int, folder: Path, server: PostgresServer | None) -> Measured:
    """Fill a home, analyse it, and serve it; its data are in the server's, where there is one.

    What a PostgreSQL works is not in the seconds of the processor, which are Vitrine's own.
    """
    home = folder / "home"
    env = {**os.environ, **({"DATABASE_URL": server.database()} if server else {})}
    out, *_ = _run(env, "bench.population", str(home), str(visitors), str(each))
    filled = Filled(**json.loads(out))
    if server:
        size = f"SELECT pg_database_size('{env['DATABASE_URL'].rpartition('/')[2]}')"
        filled = filled._replace(bytes=int(server.sql(size, "postgres")))
    _, cpu_s, wall_s, mib = _run(env, "vitrine", "analyse", "--home", str(home))
    served = _served(env, home, visitors)
    return Measured(visitors, visitors * each, filled, cpu_s, wall_s, mib, *served)


def _run(env: Mapping[str, str], *words: str) -> tuple[str, float, float, float]:
    """Return what a module prints, its seconds of CPU and of the clock, and its peak MiB."""
    began = perf_counter()
    command = [sys.executable, "-m", *words]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=env)
    assert process.stdout is not None
    with process.stdout as stdout:
        out = stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(words)} ended with {process.returncode}")
    cpu_s = used.ru_utime + used.ru_stime
    return out, cpu_s, perf_counter() - began, used.ru_maxrss / 1024


def _served(env: Mapping[str, str], home: Path, visitors: int) -> tuple[float, int, float, float]:
    port = free_port()
    command = ["-m", "vitrine", "serve", "--home", str(home), "--port", str(port)]
    with started(command, port, "/ready", env) as (url, process):
        with httpx.Client(base_url=url, trust_env=False) as client:
            firsts = [
                client.get(f"/api/personalization?user_id=visitor-{number}").elapsed.total_seconds()
                for number in range(0, visitors, visitors // ASKED)
            ]
        scrapes = scraped(url, SCRAPES)
        mib = usage([process.pid]).mib
    return (
        1e3 * min(seconds for seconds, _ in scrapes),
        scrapes[-1][1],
        1e3 * median(firsts),
        mib,
    )


HEADING = (
    f"{'visitors':>10} {'events':>11} {'B/event':>8} {'B/visitor':>10} {'CPU us/event':>13}"
    f" {'clock us/event':>15} {'CPU us/visit analysed':>22} {'clock s':>8} {'MiB':>5} {'MiB':>5}"
    f" {'scrape ms':>10} {'series':>7} {'first ms':>9} {'MiB':>5}"
)
"""Memory is the peak of who stores and of who analyses, then that of the service."""


def row(found: Measured) -> str:
    """Return a line of the table."""
    filled = found.filled
    return (
        f"{found.visitors:10,} {found.events:11,} {filled.bytes / found.events:8.0f}"
        f" {filled.bytes / found.visitors:10,.0f} {1e6 * filled.cpu_s / found.events:13.1f}"
        f" {1e6 * filled.wall_s / found.events:15.1f}"
        f" {1e6 * found.analyse_s / found.visitors:22.1f} {found.analyse_wall_s:8.1f}"
        f" {filled.mib:5.0f} {found.analyse_mib:5.0f}"
        f" {found.scrape_ms:10.1f} {found.series:7,} {found.first_ms:9.2f} {found.service_mib:5.0f}"
    )


def proof(model: Model) -> Iterator[str]:
    """Yield how predictions compare with what was measured beyond the fitted sizes."""
    for (visitors, events), ratios in model.proof().items():
        shown = ", ".join(f"{name} {ratio:.2f}" for name, ratio in ratios.items())
        yield f"predicted / measured, {visitors:,} visitors, {events:,} events: {shown}"


def main(sizes: Sequence[tuple[int, int]], *, on_postgres: bool) -> None:
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}")
    print(HEADING)
    points = []
    for visitors, each in sizes:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            server = PostgresServer("max_wal_size=4GB") if on_postgres else None
            if server:
                stack.callback(server.remove)
            found = measure(visitors, each, folder, server)
        points.append(found.point())
        print(row(found), flush=True)
    if sizes == SIZES:
        model = Model(points)
        print("\n".join(proof(model)))
        print(repr(model.points))


if __name__ == "__main__":
    asked = [int(word) for word in sys.argv[1:] if word.isdecimal()]
    main([(asked[0], asked[1])] if asked else SIZES, on_postgres="postgres" in sys.argv)
