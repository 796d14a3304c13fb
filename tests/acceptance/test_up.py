"""`vitrine up`: everything starts, shows what happens, heals, and ends cleanly."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.acceptance.live import ENDS_WITHIN_S, VITRINE, environment, vitrine
from tests.acceptance.prometheus import PrometheusApi, wait_for
from tests.acceptance.test_alertmanager import posts
from vitrine.catalogue.external import JOB
from vitrine.operations.server import free_port

WITHIN_S = 120.0
TWO_SENDINGS_S = 120.0
"""Prometheus sends again after a minute what an Alertmanager that was starting did not take."""
ON_ITS_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
    "os.execv(sys.argv[1], sys.argv[1:])"
)
EVERYTHING = {"serve", "simulate", "prometheus", "long-term", "prometheus-alertmanager"}


@contextmanager
def up(
    home: Path, *words: str, prometheus: int | None = None, **env: str
) -> Iterator[subprocess.Popen[str]]:
    """Run `vitrine up`, with a Prometheus only where its port is given."""
    others = ["--long-term-port", str(free_port()), "--alertmanager-port", str(free_port())]
    beside = ["--prometheus-port", str(prometheus), *others] if prometheus else ["--no-prometheus"]
    process = subprocess.Popen(
        [*VITRINE, "up", "--home", str(home), "--port", str(free_port()), *beside, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment(COLUMNS="200", **env),
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            with suppress(subprocess.TimeoutExpired):
                process.wait(ENDS_WITHIN_S)
        process.kill()
        process.communicate()


def line_with(process: subprocess.Popen[str], pattern: str) -> str:
    """Return the first line of the output that matches."""
    assert process.stdout is not None
    deadline = time.monotonic() + WITHIN_S
    seen = []
    for line in process.stdout:
        seen.append(line)
        if re.search(pattern, line):
            return line
        assert time.monotonic() < deadline, "".join(seen)
    raise AssertionError("".join(seen))


def children(process: subprocess.Popen[Any]) -> dict[str, int]:
    """Return the parts that run, by command, with their process ids."""
    found = {}
    for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split():
        words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
        name = words[words.index("vitrine") + 1] if "vitrine" in words else Path(words[0]).name
        found["long-term" if "--web.enable-remote-write-receiver" in words else name] = int(pid)
    return found


def test_simulated_visitors_flow_in_and_are_understood(tmp_path: Path) -> None:
    real = tmp_path / "real.db"
    logs = tmp_path / "real-logs"
    with up(tmp_path, DATABASE_URL=f"sqlite:///{real}", LOG_DIR=str(logs)) as process:
        line_with(process, "simulated: made up, not real people")
        line_with(process, "models +none is asked: set GEMINI_API_KEY or DEEPSEEK_API_KEY")
        for page in (r"site +\S+/\s", r"your own visit +\S+/visitor\s", r"console +\S+/console\s"):
            line_with(process, page)
        line_with(process, "Prometheus +left out")
        line_with(process, r"accepted [1-9]\d*.*visits [1-9].*decided [1-9]")
        parts = children(process)
        process.send_signal(signal.SIGINT)
        line_with(process, "everything has ended")
        assert process.wait(ENDS_WITHIN_S) == 0
    assert set(parts) == {"serve", "simulate"}
    for pid in parts.values():
        assert not Path(f"/proc/{pid}").exists()
    assert (tmp_path / "simulated" / "vitrine.db").exists()
    assert not (tmp_path / "vitrine.db").exists()
    assert not real.exists(), "simulated visitors never come where the settings have real ones"
    assert not logs.exists()


def ended(pids: Iterable[int]) -> bool:
    """Tell whether all are gone, or wait only for somebody to take notice of their end."""
    states = []
    for pid in pids:
        with suppress(OSError):
            states.append(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0])
    return set(states) <= {"Z", "X"}


def test_no_part_outlives_an_up_that_was_killed(tmp_path: Path) -> None:
    with up(tmp_path, prometheus=free_port()) as process:
        line_with(process, "alerts go to +this terminal; set SLACK_WEBHOOK_URL")
        line_with(process, r"accepted [1-9]")
        parts = children(process)
        process.kill()
        wait_for(lambda: ended(parts.values()), "the end of all parts")
    assert set(parts) == EVERYTHING


def test_a_hangup_ends_everything(tmp_path: Path) -> None:
    with up(tmp_path) as process:
        line_with(process, r"accepted [1-9]")
        parts = children(process)
        process.send_signal(signal.SIGHUP)
        assert process.wait(ENDS_WITHIN_S) == 0
        assert set(parts) == {"serve", "simulate"}
        assert ended(parts.values())


def test_closing_the_terminal_ends_everything(tmp_path: Path) -> None:
    keyboard, screen = os.openpty()
    words = ("up", "--home", str(tmp_path), "--port", str(free_port()), "--no-prometheus")
    process = subprocess.Popen(
        [sys.executable, "-c", ON_ITS_TERMINAL, *VITRINE, *words],
        stdin=screen,
        stdout=screen,
        stderr=screen,
        start_new_session=True,
        env=environment(COLUMNS="200", TERM="xterm"),
    )
    os.close(screen)
    try:
        shown = b""
        while not re.search(rb"accepted\D+[1-9]", re.sub(rb"\x1b\[[0-9;?]*[a-zA-Z]", b"", shown)):
            shown += os.read(keyboard, 65_536)
        parts = children(process)
    finally:
        os.close(keyboard)
        try:
            code = process.wait(ENDS_WITHIN_S)
        finally:
            process.kill()
    assert code == 0
    assert set(parts) == {"serve", "simulate"}
    assert ended(parts.values())


def test_a_service_that_cannot_start_is_said_with_its_reason(tmp_path: Path) -> None:
    home = tmp_path / "simulated"
    home.mkdir()
    (home / "vitrine.db").write_text("no database " * 100)
    words = ("--home", tmp_path, "--port", str(free_port()), "--no-prometheus")
    code, out, _ = vitrine("up", *words)
    assert code == 1
    assert f"the service does not answer: {home / 'vitrine.db'}: file is not a database" in out
    assert (home / "logs" / "service.log").read_text().count("\n") == 1, "it was tried once"


@pytest.mark.soak
def test_a_prometheus_and_an_alertmanager_that_are_killed_go_on_with_what_they_had(
    tmp_path: Path,
) -> None:
    port = free_port()
    prometheus = PrometheusApi(f"http://127.0.0.1:{port}")
    with up(tmp_path, prometheus=port) as process:
        line_with(process, r"accepted [1-9]")
        before = wait_for(lambda: scraped(prometheus), "a scrape")
        killed = children(process)
        for part in ("prometheus", "prometheus-alertmanager"):
            os.kill(killed[part], signal.SIGKILL)
        for _ in range(2):
            line_with(process, r"ended \(killed by SIGKILL\) and is started again")
        wait_for(prometheus.ready, "a Prometheus again")
        wait_for(lambda: scraped(prometheus)[-1:] > before[-1:], "a scrape after those of before")
        assert scraped(prometheus)[: len(before)] == before
        assert set(children(process)) == EVERYTHING


def scraped(prometheus: PrometheusApi) -> list[float]:
    """Return when the service was scraped, as far as its Prometheus knows."""
    with suppress(httpx.HTTPError):
        found = prometheus.get("query", query=f'up{{job="{JOB}"}}[10m]')["result"]
        return [at for series in found for at, _ in series["values"]]
    return []


def test_a_part_that_dies_is_started_again_and_reported(tmp_path: Path) -> None:
    with up(tmp_path) as process:
        line_with(process, r"accepted [1-9]")
        os.kill(children(process)["serve"], signal.SIGKILL)
        line_with(process, r"service ended \(killed by SIGKILL\) and is started again")
        line_with(process, r"accepted [1-9]")


def test_a_real_log_is_replayed(tmp_path: Path, log_path: Path) -> None:
    words = ("--log", str(log_path), "--site", "semicomplete", "--speed", "3600")
    with up(tmp_path, *words) as process:
        line_with(process, "Replaying")
        line_with(process, r"accepted [1-9]\d*.*visits [1-9]")
    assert (tmp_path / "replayed" / "vitrine.db").exists()


def test_a_port_in_use_is_one_clear_line(tmp_path: Path) -> None:
    with up(tmp_path) as process:
        line_with(process, "Open in a browser")
        assert isinstance(process.args, list)
        port = str(process.args[process.args.index("--port") + 1])
        code, _, err = vitrine("up", "--home", tmp_path / "other", "--port", port)
    assert code == 1
    assert err.count("\n") == 1
    assert "already in use" in err


def address_in(line: str) -> str:
    return str(re.findall(r"http://\S+", line)[0])


def records(store: PrometheusApi) -> list[str]:
    """Return the names in a long-term store, once an objective's are among them."""
    names: list[str] = store.get("label/__name__/values")
    return names if "instance:objective_api_success_total:sum" in names else []


def test_everything_is_watched_kept_for_a_year_and_told(tmp_path: Path) -> None:
    port = free_port()
    with posts() as (url, taken):
        told = {"SLACK_WEBHOOK_URL": f"{url}/slack", "VITRINE_HEARTBEAT_URL": f"{url}/heartbeat"}
        token = {"VITRINE_METRICS_TOKEN": "a token set by the owner"}
        with up(tmp_path, prometheus=port, **told, **token) as process:
            line_with(process, r"Alertmanager +http://127\.0\.0\.1:\d+")
            store = PrometheusApi(address_in(line_with(process, "long-term store")))
            page = address_in(line_with(process, r"^ *Prometheus "))
            prometheus = PrometheusApi(f"http://127.0.0.1:{port}")
            wait_for(prometheus.ready, "an answer of Prometheus")
            assert prometheus.page(page).is_success
            assert prometheus.target("vitrine")["lastError"] == ""
            assert prometheus.data("sum(api_requests_total) > 0")
            kept = wait_for(lambda: records(store), "records in the store", TWO_SENDINGS_S)
            assert all(name.count(":") == 2 for name in kept)
            beats = wait_for(
                lambda: [body for path, body in taken if path == "/heartbeat"],
                "a heartbeat",
                TWO_SENDINGS_S,
            )
            parts = children(process)
            process.send_signal(signal.SIGINT)
            line_with(process, "everything has ended")
    assert set(parts) == EVERYTHING
    assert not Path(f"/proc/{parts['prometheus']}").exists()
    assert (tmp_path / "simulated" / "prometheus" / "data").is_dir()
    assert beats[0]["alerts"][0]["labels"]["alertname"] == "Watchdog"
    configuration = (tmp_path / "simulated" / "alertmanager" / "alertmanager.yml").read_text()
    assert f"{url}/slack" not in configuration
    receivers = yaml.safe_load(configuration)["receivers"]
    (hooks,) = (one["webhook_configs"] for one in receivers if one["name"] == "heartbeat")
    ours, outside = (hook["url"] for hook in hooks)
    assert ours.startswith("http://127.0.0.1:")
    assert outside == f"{url}/heartbeat"


def test_a_port_of_prometheus_in_use_is_one_clear_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        words = ("up", "--home", tmp_path, "--port", str(free_port()), "--prometheus-port", port)
        code, out, err = vitrine(*words)
    assert (code, out) == (1, "")
    assert err.count("\n") == 1
    assert f"127.0.0.1:{port}: address already in use" in err
    assert "--prometheus-port" in err
    assert "--no-prometheus" in err


def test_both_on_one_port_is_a_wrong_call() -> None:
    code, _, err = vitrine("up", "--port", "9090")
    assert code == 2
    assert "--prometheus-port" in err
