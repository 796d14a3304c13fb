"""How long `vitrine serve` takes on an existing home until its first answer."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from statistics import median

import httpx

from bench.result import Result
from vitrine.operations.server import free_port

STARTS = 5
MOST_S = 2.5


def measure() -> Result:
    """Start five times after one that makes the home and the bytecode; take the median."""
    with tempfile.TemporaryDirectory() as folder:
        _first_answer(Path(folder))
        took = median(_first_answer(Path(folder)) for _ in range(STARTS))
    what = "vitrine serve to its first answer"
    return Result(what, f"{took:.2f} s", f"{MOST_S} s", took / MOST_S, 1.0, at_most=True)


def _first_answer(home: Path) -> float:
    port = free_port()
    url = f"http://127.0.0.1:{port}/api/personalization?user_id=first"
    command = ["-m", "vitrine", "serve", "--home", str(home), "--port", str(port)]
    with httpx.Client(trust_env=False) as client:
        began = time.perf_counter()
        process = subprocess.Popen([sys.executable, *command], stdout=subprocess.DEVNULL)
        while time.perf_counter() - began < 20:
            with suppress(httpx.TransportError):
                client.get(url).raise_for_status()
                break
            time.sleep(0.005)
        took = time.perf_counter() - began
    process.terminate()
    process.wait(20)
    return took


if __name__ == "__main__":
    print(measure().row())
