"""Loads a server on this machine with wrk, always in bounded time."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx

from vitrine.operations.server import free_port

CONNECTIONS = 32
SECONDS = 4
ROUNDS = 3
STARTS_WITHIN_S = 60.0
"""And ends within it."""


@contextmanager
def started(
    command: Sequence[str], port: int, path: str, environment: Mapping[str, str] | None = None
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Run a server until the block ends; yields address and process once `path` answers.

    Raises `RuntimeError` for one that does not, within a minute.
    """
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [sys.executable, *command], stdout=subprocess.DEVNULL, env=environment
    )
    try:
        deadline = time.monotonic() + STARTS_WITHIN_S
        while not _answers(url + path):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{' '.join(command)} does not answer")
            time.sleep(0.01)
        yield url, process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(STARTS_WITHIN_S)


def _answers(address: str) -> bool:
    with suppress(httpx.HTTPError):
        return httpx.get(address, trust_env=False).is_success
    return False


@contextmanager
def running(command: Sequence[str], port: int, path: str) -> Iterator[str]:
    """Run a server until the block ends; yields its address once `path` answers."""
    with started(command, port, path) as (url, _):
        yield url


@contextmanager
def bare_server() -> Iterator[str]:
    """Run a bare ASGI callable on the same server as Vitrine's."""
    port = free_port()
    with running(["-m", "bench.bare", str(port)], port, "/") as url:
        yield url


@contextmanager
def service(home: Path, site: str = "portfolio", **settings: str) -> Iterator[str]:
    """Run `vitrine serve` on a home."""
    port = free_port()
    command = ["-m", "vitrine", "serve", "--home", str(home), "--port", str(port), "--site", site]
    with started(command, port, "/ready", {**os.environ, **settings}) as (url, _):
        yield url


def requests_per_second(
    url: str, script: Path | None = None, seconds: int = SECONDS, *, errors: bool = False
) -> float:
    """Return what wrk gets through with 32 connections.

    An answer that is an error fails the measurement, unless `errors` are what is asked for.
    """
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s"]
    if script is not None:
        command += ["-s", str(script)]
    out = subprocess.run(
        [*command, url], capture_output=True, text=True, check=True, env=os.environ
    ).stdout
    if ("Non-2xx" in out and not errors) or "Socket errors" in out:
        raise RuntimeError(out)
    found = re.search(r"Requests/sec:\s+([\d.]+)", out)
    assert found is not None, out
    return float(found.group(1))
