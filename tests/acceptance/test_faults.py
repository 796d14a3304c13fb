"""What breaks under a running service: what a visitor and an operator see, and what is lost.

The table in docs/reliability.md names these tests, and those of other files.
"""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.live import FAKETIME, VITRINE, LiveService, environment, vitrine
from tests.acceptance.prometheus import wait_for
from tests.damage import damage
from tests.postgres import PostgresServer
from tests.redis_server import running_redis
from vitrine.adapters.database.sqlite import condition

DISK = "8m"
FILLED_BYTES = 64 * 1024
HOUR_S = 3_600
DAMAGED = b"\xff{ no JSON"
KILLED_AT = "UPDATE alembic_version SET version_num='{version}'"
MIGRATES_AND_DIES = f"""
import os, signal, sys
from sqlalchemy import Engine, event
from vitrine.adapters.database.migrate import migrate
from vitrine.settings import Settings
from vitrine.wiring.database import administered

@event.listens_for(Engine, "after_cursor_execute")
def die(connection, cursor, statement, *rest):
    if statement.startswith({KILLED_AT!r}.format(version=sys.argv[2])):
        os.kill(os.getpid(), signal.SIGKILL)

with administered(Settings.load(home=sys.argv[1])) as engine:
    migrate(engine)
"""
GOES_TO_THE_FIRST = """
import sys
from alembic import command
from alembic.config import Config
from vitrine.adapters.database.migrate import MIGRATIONS
from vitrine.settings import Settings
from vitrine.wiring.database import administered

config = Config()
config.set_main_option("script_location", str(MIGRATIONS))
settings = Settings.load(home=sys.argv[1])
settings.make_home()
with administered(settings) as engine, engine.begin() as connection:
    config.attributes["connection"] = connection
    command.upgrade(config, "0001")
"""
VISIT = (
    "INSERT INTO visits VALUES (1, 'ann', 1, 1700000000000, 1700000000000, 1, '{}', NULL, NULL,"
    " NULL, 0.5, NULL, {no}, NULL, 0, {no}, {no}, 0, 0)"
)
EVENT = "INSERT INTO events VALUES (1, 1, 'download_resume', 1700000000000, '{}', 'k')"


def send(service: LiveService, event_id: str) -> int:
    event = {"event_name": "download_resume", "user_pseudo_id": "ann", "event_id": event_id}
    with service.client() as client:
        return client.post("/api/events", json=event).status_code


def page(service: LiveService) -> dict[str, Any]:
    """Return the page that a visitor gets, who always gets one."""
    with service.client() as client:
        answer = client.get("/api/personalization", params={"user_id": "ann"})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def stored(home: Path) -> set[int]:
    with closing(sqlite3.connect(home / "vitrine.db")) as database:
        return {at for (at,) in database.execute("SELECT at FROM events")}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a home that is a file system of a few megabytes."""
    if os.geteuid() != 0:
        pytest.fail("this test needs root, who alone can mount a small disk")
    disk = tmp_path / "home"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={DISK},mode=0700", "tmpfs", disk], check=False
    )
    if mounted.returncode:
        pytest.fail("this test needs a machine on which a tmpfs can be mounted")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


def fill(disk: Path) -> Path:
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(bytes(FILLED_BYTES))
        except OSError:  # it is full
            return ballast


def test_a_full_disk_refuses_events_and_no_page_and_room_is_all_it_takes(small_disk: Path) -> None:
    service = LiveService(small_disk)
    try:
        taken = [number for number in range(20) if send(service, f"before-{number}") == 202]
        before = page(service)
        ballast = fill(small_disk)
        refused = wait_for(lambda: _first_refusal(service, taken), "a full disk")
        assert refused == 503
        assert page(service)["priority_sections"] == before["priority_sections"]
        with service.client() as client:
            assert client.get("/ready").status_code == 503
            assert client.get("/health").status_code == 200
        assert service.counts("db_errors_total", "operation")["record"] >= 1
        failed = service.said("Store did not answer")
        assert "SQLITE_FULL" in json.dumps(failed)
        ballast.unlink()
        wait_for(lambda: send(service, "after") == 202, "room again")
        wait_for(lambda: _ready(service), "a service that is ready again")
        service.kill()
        with closing(sqlite3.connect(service.home / "vitrine.db")) as database:
            (events,) = database.execute("SELECT count(*) FROM events").fetchone()
        assert events == len(taken) + 1, "all that was acknowledged, and nothing that was refused"
    finally:
        service.end()


def test_a_database_whose_file_is_damaged_is_found_out_before_the_service_starts(
    start_service: Callable[..., LiveService],
) -> None:
    service = start_service()
    assert send(service, "before") == 202
    service.end()
    damage(service.home / "vitrine.db")
    code, _, said = vitrine("serve", "--home", service.home, "--port", str(service.port))
    assert (code, said.count("\n")) == (1, 1)
    assert "see `vitrine doctor`, and restore a backup" in said


def test_damage_that_is_met_later_refuses_events_and_no_page_and_says_what_to_do(
    start_service: Callable[..., LiveService],
) -> None:
    """The file is too large to be read through at the start, and what is met first is whole."""
    service = start_service()
    assert send(service, "before") == 202
    service.end()
    with closing(sqlite3.connect(service.home / "vitrine.db")) as database, database:
        large = (condition.AT_ONCE_BYTES,)
        database.execute("INSERT INTO notes VALUES ('large', zeroblob(?))", large)
    damage(service.home / "vitrine.db", "events")
    service.start()
    token = {"authorization": f"Bearer {(service.home / 'admin-token').read_text()}"}
    with service.client() as client:
        assert send(service, "after") == 503
        for path in ("/ready", "/api/admin/experiment", "/api/admin/visitor?user_id=ann"):
            assert client.get(path, headers=token).status_code == 503, path
        assert client.get("/api/admin/experiment", headers=token).headers["retry-after"] == "2"
    assert page(service)["variant"] == "default"
    failed = service.said("Store did not answer")[0]
    assert "SQLITE_CORRUPT" in failed["problem"]
    assert "see `vitrine doctor`, and restore a backup" in failed["problem"]
    counted = service.counts("db_errors_total", "operation")
    assert counted["record"] >= 1
    assert counted["admin"] >= 1
    assert not service.counts("metrics_series_overflow_total", "metric")
    assert not service.counts("vitrine_failures_total", "of")


def test_a_row_whose_content_is_damaged_is_one_visit_that_begins_anew(
    start_service: Callable[..., LiveService],
) -> None:
    service = start_service()
    assert {send(service, f"before-{number}") for number in range(6)} == {202}
    service.end()
    with closing(sqlite3.connect(service.home / "vitrine.db")) as database, database:
        database.execute("UPDATE visits SET features = CAST(x'7bff7d' AS TEXT)")
        database.execute("UPDATE events SET params = '{' WHERE id = (SELECT min(id) FROM events)")
    service.start()
    assert page(service)["variant"] == "default"
    assert service.counts("vitrine_failures_total", "of")["row"] >= 1
    assert service.said("Row is damaged")[0]["table"] == "visits"
    _, found, _ = vitrine("doctor", "--home", service.home)
    assert "1 of 1 visits hold something else than was written: id 1" in found
    assert "1 of 6 events hold something else than was written: id 1" in found
    code, exported, _ = vitrine("export", "ann", "--home", service.home)
    assert (code, len(json.loads(exported)["events"])) == (0, 6)
    assert send(service, "after") == 202
    _, found, _ = vitrine("doctor", "--home", service.home)
    assert "visits hold something else" not in found, "the event has mended it"
    code, said, _ = vitrine("forget", "ann", "--home", service.home)
    assert (code, said) == (0, "erased (visits: 1, events: 7)\n")
    assert not service.counts("vitrine_failures_total", "of").get("request")


def _first_refusal(service: LiveService, taken: list[int]) -> int | None:
    """Send one more; what still found room is among those that must be there in the end."""
    status = send(service, f"during-{len(taken)}")
    if status == 202:
        taken.append(len(taken))
        return None
    return status


def _ready(service: LiveService) -> bool:
    with service.client() as client:
        return client.get("/ready").is_success


def test_a_damaged_entry_in_a_redis_reaches_no_visitor(
    start_service: Callable[..., LiveService], tmp_path: Path
) -> None:
    with running_redis(tmp_path / "redis") as redis, redis.client as client:
        service = start_service(REDIS_URL=redis.url)
        wait_for(lambda: service.counts("cache_server_up"), "a Redis in use")
        right = page(service)

        def decided() -> list[bytes]:
            assert page(service) == right
            return list(client.scan_iter("vitrine:portfolio:cache:*"))

        names = wait_for(decided, "a decision in it")
        for name in names:
            client.set(name, DAMAGED)

        def replaced() -> bool:
            assert page(service) == right
            return any(client.get(name) != DAMAGED for name in names)

        wait_for(replaced, "a look at it, once what is at hand is a second old")
        assert page(service) == right
        assert service.counts("cache_evictions_total", "reason")["damaged"] >= 1


def test_a_clock_that_jumps_loses_no_event_and_costs_no_page(
    start_service: Callable[..., LiveService], tmp_path: Path
) -> None:
    clock = tmp_path / "clock"
    clock.write_text("+0\n")
    service = start_service(
        LD_PRELOAD=FAKETIME,
        FAKETIME_TIMESTAMP_FILE=str(clock),
        FAKETIME_NO_CACHE="1",
        FAKETIME_DONT_FAKE_MONOTONIC="1",
        VITRINE_DECISION_DEADLINE_MS="5000",  # a clock that is read from a file is slow
    )
    jumps = (0, 30 * HOUR_S, -2 * HOUR_S, 0)
    for number, ahead_s in enumerate(jumps):
        clock.write_text(f"{ahead_s:+d}\n")
        assert send(service, f"jump-{number}") == 202
        assert page(service)["priority_sections"]
        with service.client() as client:
            answer = client.get("/api/personalization")  # of the day, by its salt
            assert answer.status_code == 200
    assert [line for line in service.lines() if line["level"] in ("ERROR", "CRITICAL")] == []
    service.kill()
    times = sorted(stored(service.home))
    assert len(times) == len(jumps)
    assert times[-1] - times[0] > 31 * HOUR_S * 1_000, "the clock really jumped"


@pytest.fixture(scope="module")
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer("fsync=off", "shared_buffers=32MB")
    yield server
    server.remove()


def run(script: str, *words: str | Path, **env: str) -> int:
    command = [VITRINE[0], "-c", script, *map(str, words)]
    return subprocess.run(command, env=environment(**env), check=False).returncode


@pytest.mark.parametrize(
    ("kind", "version"), [("sqlite", "0002"), ("postgres", "0003"), ("postgres", "0004")]
)
def test_a_migration_that_is_killed_leaves_the_schema_as_it_was_and_the_next_start_finishes(
    kind: str, version: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    home = tmp_path / "home"
    env: dict[str, Any] = {}
    if kind == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres")
        env["DATABASE_URL"] = server.database()
        name = env["DATABASE_URL"].rpartition("/")[2]

    def ask(statement: str) -> str:
        if kind == "postgres":
            return server.sql(statement, name)
        with closing(sqlite3.connect(home / "vitrine.db")) as database, database:
            return "\n".join(str(row[0]) for row in database.execute(statement))

    assert run(GOES_TO_THE_FIRST, home, **env) == 0
    ask(VISIT.replace("{no}", "false"))
    ask(EVENT)
    assert run(MIGRATES_AND_DIES, home, version, **env) == -signal.SIGKILL
    assert ask("SELECT version_num FROM alembic_version") == "0001"
    assert ask("SELECT key FROM events") == "k"
    code, out, err = vitrine("migrate", "--home", home, **env)
    assert (code, "brought to schema" in out) == (0, True), err
    assert ask("SELECT e.key FROM events e JOIN visits v ON v.id = e.visit") == "k"
