"""A real Prometheus, Debian's, on a free port, with a configuration of the test's own."""

from __future__ import annotations

import math
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import httpx

from tests.acceptance.live import ENDS_WITHIN_S, ONCE
from vitrine.operations.prometheus import LongTerm, Prometheus, find_prometheus
from vitrine.operations.server import free_port

INSTALL = "these tests need a real Prometheus: deploy/debian/install-quietly prometheus"
WITHIN_S = 120.0
AGAIN_AFTER_S = 0.1

T = TypeVar("T")


def wait_for(find: Callable[[], T], what: str, within_s: float = WITHIN_S) -> T:
    """Return what is found as soon as it is true; fails after two minutes, unless told so."""
    deadline = time.monotonic() + within_s
    while not (found := find()):
        assert time.monotonic() < deadline, f"not within {within_s:g} s: {what}; last: {found}"
        time.sleep(AGAIN_AFTER_S)
    return found


def wait_for_none(find: Callable[[], T], what: str) -> None:
    """Return as soon as nothing is found any more; fails after two minutes with what is left."""
    deadline = time.monotonic() + WITHIN_S
    while left := find():
        assert time.monotonic() < deadline, f"still a {what} after {WITHIN_S:g} s: {left}"
        time.sleep(AGAIN_AFTER_S)


class Sample:
    """One series of an answer, with its value at the time of the question."""

    def __init__(self, found: dict[str, Any]) -> None:
        self.labels: dict[str, str] = found["metric"]
        self.value = float(found["value"][1])

    def __repr__(self) -> str:
        return f"{self.labels} {self.value}"


class PrometheusApi:
    """What a Prometheus at `url` answers."""

    def __init__(self, url: str) -> None:
        self.url = url

    def ready(self) -> bool:
        with suppress(httpx.HTTPError):
            return self.page(f"{self.url}/-/ready").is_success
        return False

    def answers(self) -> bool:
        """Whether anybody answers there, whatever it is."""
        with suppress(httpx.HTTPError):
            return bool(self.page(self.url).status_code)
        return False

    def get(self, path: str, **parameters: str | float) -> Any:
        """Return the data of an answer of `/api/v1`; what it refuses fails the test."""
        answer = self.page(f"{self.url}/api/v1/{path}", **parameters).json()
        assert answer["status"] == "success", answer
        return answer["data"]

    def query(self, expression: str) -> list[Sample]:
        return [Sample(found) for found in self.get("query", query=expression)["result"]]

    def data(self, expression: str) -> list[Sample]:
        """Return the finite samples of a query, waiting until there are any."""
        return wait_for(
            lambda: [one for one in self.query(expression) if math.isfinite(one.value)],
            expression,
        )

    def target(self, job: str, health: str = "up") -> dict[str, Any]:
        """Return what is known of a job's one target, once this is its health."""

        def scraped() -> list[dict[str, Any]]:
            return [
                target
                for target in self.get("targets")["activeTargets"]
                if target["labels"]["job"] == job and target["health"] == health
            ]

        (target,) = wait_for(scraped, f"a target of {job} that is {health}")
        return target

    def page(self, address: str, **parameters: str | float) -> httpx.Response:
        return ONCE.get(address, params=parameters)


class LivePrometheus(PrometheusApi):
    """One running Prometheus, started as `vitrine up` starts it, data in `home`."""

    def __init__(self, home: Path, configuration: str, port: int | None = None) -> None:
        binary = find_prometheus()
        assert binary is not None, INSTALL
        program = Prometheus(binary, home, port or free_port(), "")
        home.mkdir(parents=True, exist_ok=True)
        (home / "prometheus.yml").write_text(configuration)
        self.log = home / "prometheus.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(program.command(), stdout=log, stderr=subprocess.STDOUT)
        super().__init__(program.url)
        try:
            wait_for(self._ready_or_gone, f"an answer; see {self.log}")
            assert self.process.poll() is None, self.log.read_text()
        except BaseException:
            self.end()
            raise

    def end(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise

    def _ready_or_gone(self) -> bool:
        return self.process.poll() is not None or self.ready()


@contextmanager
def running(program: Prometheus | LongTerm, log: Path) -> Iterator[PrometheusApi]:
    """Run one of the two tiers that was configured already."""
    with log.open("ab") as out:
        process = subprocess.Popen(program.command(), stdout=out, stderr=subprocess.STDOUT)
    try:
        api = PrometheusApi(program.url)
        wait_for(lambda: process.poll() is not None or api.ready(), f"an answer; see {log}")
        assert process.poll() is None, log.read_text()
        yield api
    finally:
        process.terminate()
        process.wait(ENDS_WITHIN_S)
