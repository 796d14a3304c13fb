"""The real service and its workers on a real PostgreSQL, which goes away and comes back."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Self

import httpx
import pytest

from tests.acceptance.live import (
    BROWSER,
    ONCE,
    VITRINE,
    LiveService,
    environment,
    loopback,
    vitrine,
)
from tests.postgres import PostgresServer
from vitrine.adapters.database.migrate import migrate
from vitrine.adapters.database.postgres.engine import administering_engine
from vitrine.operations.postgres_server import PASSWORD
from vitrine.operations.server import free_port

SECRET = "of-all-processes-of-the-tests"
WITHIN_S = 120.0
REFUSES = """
CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN RAISE EXCEPTION 'full up'; END $$;
CREATE TRIGGER refuse BEFORE INSERT ON notes FOR EACH ROW
  WHEN (NEW.name NOT IN ('site', 'pseudonyms')) EXECUTE FUNCTION refuse()
"""
"""Takes what a service writes to claim the database, and nothing that it writes next."""


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    found = PostgresServer()
    yield found
    found.remove()


def until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.1)


class Load:
    """Clients who send events and ask for pages until told to stop, and what they were answered."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.accepted: set[str] = set()
        self.refused: list[tuple[int, str | None]] = []
        self.pages: list[int] = []
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(number,), daemon=True) for number in range(4)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_exc: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join(WITHIN_S)

    def _run(self, client_number: int) -> None:
        with loopback(self._url, headers={"user-agent": BROWSER}) as client:
            for number in range(100_000):
                if self._over.is_set():
                    return
                visitor, event_id = (
                    f"visitor-{client_number}-{number % 10}",
                    f"{client_number}-{number}",
                )
                body = {
                    "event_name": "project_click",
                    "user_pseudo_id": visitor,
                    "event_id": event_id,
                    "event_params": {"project_id": "vision-api"},
                }
                answer = client.post("/api/events", json=body)
                if answer.status_code == 202:
                    self.accepted.add(event_id)
                else:
                    self.refused.append((answer.status_code, answer.headers.get("retry-after")))
                page = client.get("/api/personalization", params={"user_id": visitor})
                self.pages.append(page.status_code)
                time.sleep(0.01)


def test_a_database_that_is_restarted_under_load_loses_nothing_that_was_acknowledged(
    server: PostgresServer, tmp_path: Path
) -> None:
    url = server.database()
    service = LiveService(tmp_path / "home", DATABASE_URL=url)
    try:
        with Load(service.url) as load:
            until(lambda: len(load.accepted) > 50)
            server.kill()
            until(lambda: len(load.refused) > 5)
            server.start()
            before = len(load.accepted)
            until(lambda: len(load.accepted) > before + 50)
        assert set(load.pages) == {200}, "a visitor always gets a page"
        assert {status for status, _ in load.refused} == {503}
        assert all(retry for _, retry in load.refused)
        stored = int(server.sql("SELECT count(*) FROM events", url.rpartition("/")[2]))
        asked = len(load.accepted) + len(load.refused)
        assert len(load.accepted) <= stored <= asked
        ids = server.sql("SELECT count(DISTINCT (visit, key)) FROM events", url.rpartition("/")[2])
        assert int(ids) == stored, "and nothing twice"
        assert service.said("Store did not answer")
        assert service.end() == 0
    finally:
        service.kill()


def test_two_services_and_two_workers_share_one_database(
    server: PostgresServer, tmp_path: Path
) -> None:
    url = server.database()
    shared = {"DATABASE_URL": url, "VITRINE_SECRET": SECRET}
    with ExitStack() as running:
        services = [LiveService(tmp_path / f"home-{n}", **shared) for n in range(2)]
        for service in services:
            running.callback(service.kill)
        workers = [Worker(tmp_path / f"worker-{n}", **shared) for n in range(2)]
        for worker in workers:
            running.callback(worker.kill)
        for number, service in enumerate(services * 3):
            with service.client() as client:
                body = {
                    "event_name": "download_resume",
                    "user_pseudo_id": "anna",
                    "event_id": f"{number}",
                }
                assert client.post("/api/events", json=body).status_code == 202
        for service in services:
            until(lambda service=service: told_of(service, "anna") == 6)  # type: ignore[misc]
        name = url.rpartition("/")[2]
        server.sql(
            "SELECT procrastinate_defer_jobs_v1(ARRAY[ROW('default', 'analyse', 0, NULL, NULL,"
            f" '{{\"timestamp\": {int(time.time())}}}', NULL)::procrastinate_job_to_defer_v1])",
            name,
        )
        until(lambda: "rules" in server.sql("SELECT name FROM notes", name).splitlines())
        # A split and eight parts; twice where the run of this hour was less than ten minutes ago.
        until(lambda: sum(worker.finished("analyse") for worker in workers) in (9, 18))
        assert [worker.end() for worker in workers] == [0, 0]
        assert [service.end() for service in services] == [0, 0]


def told_of(service: LiveService, visitor: str) -> int:
    token = (service.home / "admin-token").read_text()
    with service.client() as client:
        answer = client.get(
            "/api/admin/visitor",
            params={"user_id": visitor},
            headers={"authorization": f"Bearer {token}"},
        )
    return int(answer.json().get("events", 0)) if answer.is_success else 0


class Worker:
    """One `vitrine worker`."""

    def __init__(self, home: Path, **env: str) -> None:
        self.home, self.port = home, free_port()
        self.log = home.parent / f"worker-{self.port}.log"
        command = [*VITRINE, "worker", "--home", str(home), "--metrics-port", str(self.port)]
        with self.log.open("wb") as out:
            self.process = subprocess.Popen(
                command, stdout=out, stderr=subprocess.STDOUT, env=environment(**env)
            )
        until(self._answers)

    def _answers(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        with suppress(httpx.HTTPError):
            return ONCE.get(f"http://127.0.0.1:{self.port}/health").is_success
        return False

    def finished(self, job: str) -> float:
        text = ONCE.get(f"http://127.0.0.1:{self.port}/metrics").text
        start = f'jobs_finished_total{{job_name="{job}",outcome="succeeded"}} '
        return sum(float(x.removeprefix(start)) for x in text.splitlines() if x.startswith(start))

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def test_a_service_with_another_secret_is_kept_from_the_database(
    server: PostgresServer, tmp_path: Path
) -> None:
    url = server.database()
    code, out, _ = vitrine("migrate", "--home", tmp_path / "one", DATABASE_URL=url)
    assert (code, "brought to schema" in out) == (0, True)
    service = LiveService(tmp_path / "one", DATABASE_URL=url, VITRINE_SECRET=SECRET)
    service.end()
    code, _, err = vitrine(
        *("serve", "--home", tmp_path / "two", "--port", str(free_port())),
        DATABASE_URL=url,
        VITRINE_SECRET="some-other-secret-of-the-tests",
    )
    assert code == 1
    assert "VITRINE_SECRET" in err.splitlines()[-1]
    assert PASSWORD not in err


def test_a_database_that_is_away_at_the_start_is_one_clear_line(tmp_path: Path) -> None:
    port = free_port()
    url = f"postgresql://vitrine:of-the-tests@127.0.0.1:{port}/vitrine"
    code, out, err = vitrine(
        "serve", "--home", tmp_path, "--port", str(free_port()), DATABASE_URL=url
    )
    assert code == 1
    assert err.splitlines()[-1].startswith("the database cannot be used: ")
    assert str(port) in err
    assert "of-the-tests" not in out + err
    assert "Traceback" not in err


def test_a_database_that_fails_while_the_service_starts_is_one_clear_line(
    server: PostgresServer, tmp_path: Path
) -> None:
    url = server.database()
    engine = administering_engine(url)
    migrate(engine)
    engine.dispose()
    server.sql(REFUSES, url.rpartition("/")[2])
    for together in ((), ("--workers", "2")):
        words = ("serve", "--home", tmp_path, "--port", str(free_port()), *together)
        code, out, err = vitrine(*words, DATABASE_URL=url)
        assert (code, err.splitlines()) == (1, ["cannot start: RaiseError: full up"])
        assert "Traceback" not in out


def test_a_worker_without_a_queue_says_what_to_set(tmp_path: Path) -> None:
    code, _, err = vitrine("worker", "--home", tmp_path, "--metrics-port", str(free_port()))
    assert code == 1
    assert "set DATABASE_URL" in err
