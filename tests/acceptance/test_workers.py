"""Several processes on one port, on PostgreSQL, with Prometheus: nothing lost, nothing twice."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import httpx
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_text

import vitrine as vitrine_package
from tests.acceptance.live import LiveService, loopback, vitrine
from tests.acceptance.prometheus import LivePrometheus, wait_for
from tests.postgres import PostgresServer
from vitrine.catalogue.external import JOB
from vitrine.monitoring.prometheus import Listed, prometheus_yml
from vitrine.operations.workers.targets import FILE

WORKERS = 2
SENDERS = 4
PASSWORD = "a password of the tests"
EVENT = {
    "event_name": "project_click",
    "user_pseudo_id": "v",
    "event_params": {"project_id": "vision-api"},
}
ACCEPTED = 'events_received_total{event="project_click",receipt="accepted",'


class Together(LiveService):
    """Several processes of the version to which a link leads when they start."""

    options = ("--workers", str(WORKERS))

    def __init__(self, versions: Path, **env: str) -> None:
        self.versions = versions
        self.program = (str(versions / "current" / "bin" / "vitrine"),)
        self.install("0.1.0")
        super().__init__(versions / "home", **env)

    def install(self, version: str) -> None:
        """Install a version in a place of its own, and have the link lead there from now on."""
        prefix = self.versions / version
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(prefix)], check=True)
        site = next(prefix.glob("lib/python*/site-packages"))
        ours, theirs = Path(vitrine_package.__file__).parents[1], distribution("click")
        (site / "elsewhere.pth").write_text(f"{ours}\n{theirs.locate_file('')}\n")
        program = prefix / "bin" / "vitrine"
        program.write_text(f"#!{prefix}/bin/python\nfrom vitrine.cli import main\nmain()\n")
        program.chmod(0o755)
        link = self.versions / "link"
        link.symlink_to(version)
        link.rename(self.versions / "current")

    def installed(self) -> set[str]:
        """Return the versions of which there are workers."""
        return {str(called(pid).relative_to(self.versions).parents[-2]) for pid in processes(self)}


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer("fsync=off", "shared_buffers=32MB", "max_connections=60")
    yield server
    server.remove()


@pytest.fixture(scope="module")
def service(
    postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Together]:
    started = Together(
        tmp_path_factory.mktemp("several"),
        DATABASE_URL=postgres.database(),
        DB_POOL_SIZE="4",
        VITRINE_ADMIN_PASSWORD=PASSWORD,
    )
    all_up(started)
    yield started
    started.end()


def processes(service: LiveService) -> list[int]:
    """Return the workers' processes: those that the supervisor started."""
    children = Path(f"/proc/{service.process.pid}/task/{service.process.pid}/children")
    return [int(pid) for pid in children.read_text().split()]


def page(service: LiveService, accept: str = "text/plain") -> str:
    with service.client() as client:
        return client.get("/metrics", headers={"accept": accept}).text


def all_up(service: LiveService) -> None:
    """Return once every worker answers on its own port."""
    seen = [f'vitrine_worker_up{{worker="{k}"}} 1.0' for k in range(1, WORKERS + 1)]
    wait_for(lambda: all(line in page(service) for line in seen), "all workers")


class Load:
    """Clients that send one event after the other until told to end.

    Half of them keep their connection. `answered` counts events that were acknowledged,
    `in_doubt` requests that got no answer, `refused` what was answered with anything else.
    """

    def __init__(self, service: LiveService) -> None:
        self.answered = self.in_doubt = 0
        self.refused: list[str] = []
        self._service = service
        self._ended = threading.Event()
        self._lock = threading.Lock()

    def run(self, sender: int) -> None:
        kept = httpx.Limits(max_keepalive_connections=sender % 2)
        with loopback(self._service.url, limits=kept) as client:
            number = 0
            while not self._ended.is_set():
                number += 1
                event = {**EVENT, "user_pseudo_id": f"visitor-{sender}-{number % 5}"}
                try:
                    answer = client.post("/api/events", json=event)
                except httpx.HTTPError:
                    with self._lock:
                        self.in_doubt += 1
                    continue
                with self._lock:
                    if answer.status_code == 202:
                        self.answered += 1
                    else:
                        self.refused.append(f"{answer.status_code} {answer.text[:80]}")

    @contextmanager
    def running(self) -> Iterator[None]:
        with ThreadPoolExecutor(SENDERS) as pool:
            done = [pool.submit(self.run, sender) for sender in range(SENDERS)]
            try:
                yield
            finally:
                self._ended.set()
        for one in done:
            one.result()

    def gone_on(self, answers: int = 40) -> None:
        """Return once that many more requests were answered."""
        wanted = self.answered + answers
        wait_for(lambda: self.answered >= wanted, "answers")


def test_several_processes_on_sqlite_are_refused_in_one_line(tmp_path: Path) -> None:
    for command in ("serve", "up"):
        code, out, err = vitrine(command, "--workers", "2", "--home", tmp_path / "home")
        assert (code, out) == (2, "")
        assert "--workers: several processes need a database" in err
        assert err.count("\n") == 1


def test_each_worker_answers_alone_on_its_port_and_all_of_them_on_the_services(
    service: LiveService,
) -> None:
    targets = json.loads((service.home / FILE).read_text())
    assert [group["labels"] for group in targets] == [{"worker": "1"}, {"worker": "2"}]
    token = (service.home / "metrics-token").read_text()
    for group in targets:
        (target,) = group["targets"]
        with loopback(f"http://{target}") as client:
            alone = client.get("/metrics", headers={"authorization": f"Bearer {token}"})
            wrong = client.get("/metrics", headers={"authorization": "Bearer wrong"})
            assert client.get("/worker/present").status_code == 401
        assert wrong.status_code == 401
        assert "worker=" not in alone.text
        families = {family.name for family in read_text(alone.text)}
        joined = list(read_text(page(service)))
        assert {family.name for family in joined} == families
    workers = {s.labels["worker"] for family in joined for s in family.samples}
    assert workers == {"1", "2"}
    assert list(read_openmetrics(page(service, "application/openmetrics-text;version=1.0.0")))  # type: ignore[no-untyped-call]
    assert {line["worker"] for line in service.lines() if "worker" in line} == {"1", "2"}


def test_a_worker_that_hangs_is_left_out_and_said_to_be_down(service: LiveService) -> None:
    hanging = processes(service)[0]
    os.kill(hanging, signal.SIGSTOP)
    try:
        # Until it really stands still it may accept one more connection, and never answer it.
        wait_for(lambda: state(hanging) == "T", "a process that stands still")
        seen = wait_for(lambda: re.findall(r"vitrine_worker_up\{.*\} .*", page(service)), "a page")
    finally:
        os.kill(hanging, signal.SIGCONT)
    assert sorted(line.rpartition(" ")[2] for line in seen) == ["0.0", "1.0"]
    all_up(service)


def test_a_login_and_a_level_of_the_log_hold_at_every_worker(service: LiveService) -> None:
    with loopback(service.url, headers={"origin": service.url}) as client:
        form = client.get("/console/login").text
        csrf = re.search(r'name="csrf" value="([^"]+)"', form)
        assert csrf
        entered = client.post("/console/login", data={"csrf": csrf[1], "password": PASSWORD})
        assert entered.status_code == 303
        cookies = dict(client.cookies)
    for _ in range(12):  # each over a new connection, which any worker may accept
        with loopback(service.url, cookies=cookies) as client:
            assert client.get("/console/catalogue/api_requests_total").status_code == 200
    admin = {"authorization": f"Bearer {(service.home / 'admin-token').read_text()}"}
    with service.client() as client:
        for level in ("ERROR", "INFO"):
            told = {"url": "/api/admin/log-level", "json": {"level": level}, "headers": admin}
            # A worker that a busy machine holds up may be late: the answer says "ask again".
            wait_for(lambda told=told: client.put(**told).is_success, "all")  # type: ignore[misc]

    def named() -> list[dict[str, str]]:
        return [one["labels"] for one in service.summary()["vitrine_worker_up"]]

    wait_for(lambda: named() == [{"worker": "1"}, {"worker": "2"}], "the counts of both")


def test_a_rolling_restart_under_load_takes_a_new_version_and_loses_no_request(
    service: Together,
) -> None:
    before = set(processes(service))
    assert service.installed() == {"0.1.0"}
    service.install("0.2.0")
    load = Load(service)
    with load.running():
        load.gone_on()
        service.process.send_signal(signal.SIGHUP)
        wait_for(lambda: not before & set(processes(service)), "new processes in all places")
        load.gone_on()
    assert (load.in_doubt, load.refused) == (0, [])
    all_up(service)
    assert service.installed() == {"0.2.0"}
    restarted = r'worker="(\d)",cause="restarted"} 1.0'
    wait_for(lambda: re.findall(restarted, page(service)) == ["1", "2"], "what both have counted")


def test_totals_are_right_while_workers_are_killed_under_load(
    service: LiveService, tmp_path: Path
) -> None:
    token, targets = service.home / "metrics-token", service.home / FILE
    scrapes = [Listed(JOB, targets.resolve(), token.resolve())]
    prometheus = LivePrometheus(tmp_path / "prometheus", prometheus_yml(scrapes, every_s=1))
    load = Load(service)
    unseen = 0.0
    try:
        wait_for(lambda: len(prometheus.query(f'up{{job="{JOB}"}} == 1')) == WORKERS, "targets")
        begun = total(prometheus)
        with load.running():
            for round_ in range(2):
                load.gone_on()
                victim = processes(service)[round_ % WORKERS]
                scraped = total(prometheus) - begun
                os.kill(victim, signal.SIGKILL)
                # What the killed one counted since its last scrape nobody can know any more; an
                # answer that each client has at hand may not be in our own count yet.
                unseen += load.answered + SENDERS - scraped
                replaced(service, victim)
            load.gone_on()
            # A busy Prometheus comes seldom: so much must be counted that the rest says little.
            wait_for(lambda: load.answered > max(100, unseen), "answers")
        assert load.refused == []
        settled(prometheus)
        counted = total(prometheus) - begun
    finally:
        prometheus.end()
    # An event that was taken by a process that died before it answered may be counted.
    assert load.answered - unseen <= counted <= load.answered + load.in_doubt
    died = r'worker="\d",cause="died"} (\d)'
    wait_for(lambda: sum(map(int, re.findall(died, page(service)))) == 2, "two that died")
    said = service.said("Worker died", times=2)
    assert [line["ended_by"] for line in said] == ["signal SIGKILL"] * 2


def replaced(service: LiveService, victim: int) -> None:
    """Return once a process is gone and another one works in its place."""
    wait_for(lambda: victim not in processes(service), "its end")
    wait_for(lambda: len(processes(service)) == WORKERS, "another one")
    all_up(service)


def total(prometheus: LivePrometheus) -> float:
    """Return what all processes of all places have counted: the last that was seen of each.

    A process is told by its start. Prometheus sees a reset where a value falls, which it does
    not where the next one has counted more before its first scrape than the last one ever.
    """
    accepted = over_time(prometheus, ACCEPTED)  # first, or a scrape may come between
    began = {
        (series["metric"]["instance"], at): value
        for series in over_time(prometheus, "process_start_time_seconds{")
        for at, value in series["values"]
    }
    last: dict[tuple[str, str], float] = {}
    for series in accepted:
        instance = series["metric"]["instance"]
        for at, value in series["values"]:
            last[instance, began[instance, at]] = float(value)
    return sum(last.values())


def over_time(prometheus: LivePrometheus, selector: str) -> list[dict[str, Any]]:
    """Return all samples of the service; the selector's last matcher, the job, is added."""
    found = prometheus.get("query", query=f'{selector}job="{JOB}"}}[1h]')
    series: list[dict[str, Any]] = found["result"]
    return series


def settled(prometheus: LivePrometheus) -> None:
    """Return once every worker was scraped after now."""
    now = time.time()

    def scraped() -> bool:
        at = prometheus.query(f'timestamp(process_start_time_seconds{{job="{JOB}"}})')
        return sum(sample.value > now for sample in at) == WORKERS

    wait_for(scraped, "a last scrape of all")


def test_without_its_supervisor_no_worker_goes_on(service: LiveService) -> None:
    left = processes(service)
    service.kill()
    wait_for(lambda: not any(map(alive, left)), "the end of all workers")
    service.start()
    all_up(service)


def called(pid: int) -> Path:
    """Return the program that a process was started as."""
    return Path(Path(f"/proc/{pid}/cmdline").read_text().partition("\0")[0])


def state(pid: int) -> str:
    """Return the letter that the kernel has for a process; one that is gone is dead (X)."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return "X"


def alive(pid: int) -> bool:
    return state(pid) not in ("X", "Z")


def test_asked_to_end_all_finish_what_runs(service: LiveService) -> None:
    left = processes(service)
    load = Load(service)
    with load.running():
        load.gone_on()
        assert service.end() == 0
    assert load.refused == []
    assert not any(map(alive, left))
    assert not (service.home / FILE).exists()
    stopped = [line["worker"] for line in service.said("Service stopped", times=2)]
    assert sorted(stopped[-2:]) == ["1", "2"]
