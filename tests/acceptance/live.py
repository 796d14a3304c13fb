"""A `vitrine serve` as its users run it, and commands as they type them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

from vitrine.operations.overview import by
from vitrine.operations.server import free_port

VITRINE = (sys.executable, "-m", "vitrine")
REAL_LOG = Path(__file__).parents[3] / "shared" / "data" / "semicomplete_apache_access.log"
FAKETIME = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1"
"""Debian's `faketime`: preloaded, it gives a process another clock."""
ANSWERS_WITHIN_S = 120.0
SAID_WITHIN_S = ENDS_WITHIN_S = REQUEST_WITHIN_S = 60.0
PATIENT = {"VITRINE_DECISION_DEADLINE_MS": "5000"}
"""Whose visit is not read in time gets the default page: a busy machine is no reason for it."""
DAY_S, SOON_S = 86_400, 30
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def loopback(url: str = "", **options: Any) -> httpx.Client:
    """Return a client for this machine alone: loading certificates would take it 30 ms."""
    return httpx.Client(
        base_url=url, timeout=REQUEST_WITHIN_S, trust_env=False, verify=False, **options
    )


ONCE = loopback(limits=httpx.Limits(max_keepalive_connections=0))
"""For single requests: it keeps no connection."""


def environment(**changes: str) -> dict[str, str]:
    """Return an environment without any setting of Vitrine's but the given ones."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {**kept, **changes}


def before_midnight_or_after() -> None:
    """Return with half a minute left of the day (UTC): then visitors of a day become unknown."""
    left_s = DAY_S - time.time() % DAY_S
    if left_s < SOON_S:
        time.sleep(left_s + 1)


def vitrine(*words: str | Path, stdin: bytes | None = None, **env: str) -> tuple[int, str, str]:
    """Run a command; return its exit code, standard output and standard error."""
    done = subprocess.run(
        [*VITRINE, *map(str, words)],
        input=stdin,
        capture_output=True,
        env=environment(**env),
        timeout=300,
        check=False,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


def access_log(made_in: Path) -> Path:
    """Return the log that VITRINE_TEST_LOG names, else the shared one, else a generated one."""
    named = Path(os.environ.get("VITRINE_TEST_LOG", REAL_LOG))
    if named.exists():
        return named
    made = made_in / "access.log"
    code, out, err = vitrine(
        "simulate", "--site", "semicomplete", "--format", "combined", "--lines", "10000"
    )
    assert code == 0, err
    made.write_text(out)
    return made


class LiveService:
    """One running service. `env` are settings; a `port` of its own is chosen."""

    options: Sequence[str] = ()
    """What `serve` is told beside its home, site and port."""
    program: Sequence[str] = VITRINE
    """How the command is called."""

    def __init__(self, home: Path, site: str = "portfolio", **env: str) -> None:
        self.home = home
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = home.parent / f"service-{self.port}.log"
        self._command = [*self.program, "serve", "--home", str(home), "--site", site, *self.options]
        self._env = environment(**PATIENT | env)
        self.start()

    def start(self) -> None:
        """Start the process and return when it answers."""
        with self.log.open("ab") as out:
            self.process = subprocess.Popen(
                [*self._command, "--port", str(self.port)],
                stdout=out,
                stderr=subprocess.STDOUT,
                env=self._env,
            )
        try:
            self._wait_for_an_answer()
        except BaseException:
            self.kill()
            raise

    def _wait_for_an_answer(self) -> None:
        deadline = time.monotonic() + ANSWERS_WITHIN_S
        with self.client() as client:
            while time.monotonic() < deadline:
                assert self.process.poll() is None, self.log.read_text()
                with suppress(httpx.HTTPError):
                    if client.get("/ready", timeout=2).is_success:
                        return
                time.sleep(0.02)
        raise AssertionError(f"no answer within {ANSWERS_WITHIN_S} s: {self.log.read_text()}")

    def kill(self) -> None:
        """End the process as a power cut would."""
        self.process.kill()
        self.process.wait()

    def end(self) -> int:
        """Ask the process to end and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(ENDS_WITHIN_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                raise
        return int(self.process.returncode)

    def client(self, agent: str = BROWSER) -> httpx.Client:
        return loopback(self.url, headers={"user-agent": agent})

    def lines(self) -> list[dict[str, Any]]:
        """Return the log so far, every line of which must be JSON."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def said(self, message: str, times: int = 1) -> list[dict[str, Any]]:
        """Return the lines of a message, once there are so many: a log lags behind the work."""
        deadline = time.monotonic() + SAID_WITHIN_S
        while True:
            found = [line for line in self.lines() if line["message"] == message]
            if len(found) >= times:
                return found
            assert time.monotonic() < deadline, f"not said {times} times: {message}; but {found}"
            time.sleep(0.02)

    def counts(self, metric: str, *labels: str) -> dict[Any, int]:
        """Return a metric's present values that are not 0, summed by labels."""
        found = by(self.summary(), metric, *labels)
        return {values: count for values, count in found.items() if count}

    def summary(self) -> dict[str, Any]:
        token = (self.home / "admin-token").read_text()
        with self.client() as client:
            answer = client.get("/api/admin/summary", headers={"authorization": f"Bearer {token}"})
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found
