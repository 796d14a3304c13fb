"""A whole stack that a doctor looks at: real programs, a Grafana and pages of the test's own."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from click.testing import CliRunner, Result

from tests.acceptance.grafana import Grafana
from tests.acceptance.live import LiveService
from tests.acceptance.pages import served
from tests.acceptance.prometheus import AGAIN_AFTER_S, WITHIN_S, PrometheusApi, wait_for
from tests.redis_server import RunningRedis
from vitrine.cli import main
from vitrine.operations.alertmanager import Alertmanager
from vitrine.operations.models_server import ModelsServer
from vitrine.operations.prometheus import LongTerm, Prometheus

RESEND = ("--rules.alert.resend-delay=3s",)
"""A first alert may come before Alertmanager is found, and is sent again after a minute."""
Program = Prometheus | LongTerm | Alertmanager


class Process:
    """A program of the stack, which reads its configuration anew on SIGHUP."""

    def __init__(self, program: Program, log: Path) -> None:
        with log.open("ab") as out:
            words = [*program.command(), *(RESEND if isinstance(program, Prometheus) else ())]
            self._process = subprocess.Popen(words, stdout=out, stderr=subprocess.STDOUT)
        self.api = PrometheusApi(program.url)
        wait_for(lambda: self._process.poll() is not None or self.api.ready(), f"see {log}")
        assert self._process.poll() is None, log.read_text()

    def reload(self) -> None:
        """Return when it has read its configuration anew."""
        before = self._read_at()
        self._process.send_signal(signal.SIGHUP)
        wait_for(lambda: self._read_at() > before, "a configuration that is read")

    def end(self) -> None:
        """End it at once: what it has is thrown away."""
        self._process.kill()
        self._process.wait()

    def _read_at(self) -> float:
        metric = r"^\w+_config_last_reload_success_timestamp_seconds (.+)$"
        found = re.search(metric, self.api.page(f"{self.api.url}/metrics").text, re.MULTILINE)
        return float(found[1]) if found else 0.0


@dataclass
class Pages:
    """Pages of a server of ours: its answers by path, 404 for all others."""

    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    url: str = ""


@dataclass
class Stack:
    """Everything that a doctor looks at."""

    service: LiveService
    programs: Mapping[str, Program]
    processes: Mapping[str, Process]
    grafana: Grafana
    pages: Pages
    redis: RunningRedis
    models: ModelsServer

    @property
    def env(self) -> dict[str, str]:
        return {
            "VITRINE_PUBLIC_URL": self.pages.url,
            "REDIS_URL": self.redis.url,
            "GEMINI_API_KEY": "hush-of-gemini",
            "GEMINI_BASE_URL": self.models.url,
        }

    def words(self) -> list[str]:
        named = ("prometheus", "alertmanager")
        parts = [word for name in named for word in (f"--{name}", self.programs[name].url)]
        home = ["--home", str(self.service.home), "--url", self.service.url]
        return ["doctor", *home, *parts, "--grafana", self.grafana.url]

    def run(self, *words: str, **env: str) -> Result:
        """Run the doctor with more words, of which the last wins, and with other settings."""
        given = [*self.words(), *words, "--json"]
        done = CliRunner().invoke(main, given, prog_name="vitrine", env=self.env | env)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exc_info
        return done

    def checks(self, *words: str, **env: str) -> list[dict[str, str]]:
        """Return all that is found; whatever is not fine says what to do."""
        done = self.run(*words, **env)
        report = json.loads(done.stdout)
        assert (done.exit_code == 0) == report["ok"]
        found: list[dict[str, str]] = report["checks"]
        for check in found:
            assert check["do"] or check["level"] in ("ok", "absent"), check
        return found

    def found(self, *words: str, **env: str) -> dict[str, list[str]]:
        """Return by check what is worse than fine, as `level: what`."""
        bad: dict[str, list[str]] = {}
        for check in self.checks(*words, **env):
            if check["level"] != "ok":
                bad.setdefault(check["check"], []).append(f"{check['level']}: {check['found']}")
        return bad

    def finds(self, wrong: Mapping[str, list[str]]) -> None:
        """Return when that is all that is wrong; fails with what else is found."""

        def look() -> None:
            assert self.found() == wrong

        holds(look)


def holds(look: Callable[[], None]) -> None:
    """Look until that fails no more: a doctor has little patience, a busy machine much to do."""
    deadline = time.monotonic() + WITHIN_S
    while True:
        try:
            look()
        except (AssertionError, LookupError, ValueError):
            if time.monotonic() > deadline:
                raise
            time.sleep(AGAIN_AFTER_S)
        else:
            return


@contextmanager
def listening() -> Iterator[Pages]:
    """Give pages that answer until the block ends."""
    pages = Pages()
    with served(lambda path, _headers: pages.answers.get(path, (404, "not here"))) as pages.url:
        yield pages


@contextmanager
def other_configuration(
    process: Process, file: Path, change: Callable[[Any], None]
) -> Iterator[None]:
    """Let a program run with a changed configuration until the block ends."""
    before = file.read_text()
    content = yaml.safe_load(before)
    change(content)
    try:
        file.write_text(yaml.safe_dump(content))
        process.reload()
        yield
    finally:
        file.write_text(before)
        process.reload()
