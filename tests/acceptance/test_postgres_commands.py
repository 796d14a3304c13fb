"""An operator's commands on a PostgreSQL that a service elsewhere is serving from."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.acceptance.live import LiveService, vitrine
from tests.acceptance.prometheus import wait_for
from tests.postgres import PostgresServer
from vitrine.operations.postgres_server import PASSWORD

SECRET = "of-all-processes-of-the-tests"


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    found = PostgresServer("fsync=off")
    yield found
    found.remove()


@pytest.fixture(scope="module")
def shared(server: PostgresServer) -> dict[str, str]:
    """Give the settings of every process."""
    return {"DATABASE_URL": server.database(), "VITRINE_SECRET": SECRET}


@pytest.fixture(scope="module")
def service(
    shared: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveService]:
    found = LiveService(tmp_path_factory.mktemp("service") / "home", **shared)
    yield found
    assert found.end() == 0


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the home of the machine on which commands are typed."""
    return tmp_path_factory.mktemp("commands") / "home"


def click(service: LiveService, visitor: str) -> None:
    with service.client() as client:
        for project in ("vision-api", "forecast-lab", "paper-trail"):
            event = {
                "event_name": "project_click",
                "user_pseudo_id": visitor,
                "event_params": {"project_id": project},
            }
            client.post("/api/events", json=event).raise_for_status()


def served(service: LiveService, visitor: str = "ada") -> dict[str, object]:
    with service.client() as client:
        answer = client.get("/api/personalization", params={"user_id": visitor})
    found: dict[str, object] = answer.json()
    return found


def test_every_command_works_on_the_database_of_the_service(
    server: PostgresServer, service: LiveService, shared: dict[str, str], here: Path
) -> None:
    def run(*words: str | Path, stdin: bytes | None = None) -> str:
        code, out, err = vitrine(*words, "--home", here, stdin=stdin, **shared)
        assert (code, err) == (0, ""), out + err
        return out

    assert "already at schema" in run("migrate")
    log = vitrine("simulate", "--format", "combined", "--lines", "300")[1].encode()
    receipt = json.loads(run("import", "-", "--json", stdin=log))
    stored = receipt["accepted"]
    name = shared["DATABASE_URL"].rpartition("/")[2]
    assert int(server.sql("SELECT count(*) FROM events", name)) == stored > 50
    analysed = json.loads(run("analyse", "--json"))
    assert analysed["version"]
    assert json.loads(run("preview", "RECRUITER", "--json"))["segment"] == "RECRUITER"
    assert "Models: 0 calls" in run("report")
    click(service, "ada")
    assert served(service)["segment"] == "ML_ENGINEER"
    exported = json.loads(run("export", "ada"))
    assert sum(visit["events"] for visit in exported["visits"]) == 3
    assert run("switch", "off") == "personalization is off in the database of DATABASE_URL\n"
    wait_for(lambda: served(service)["segment"] is None, "the default page")
    run("switch", "on")
    wait_for(lambda: served(service)["segment"] == "ML_ENGINEER", "her page")
    assert run("forget", "ada") == "erased (visits: 1, events: 3)\n"
    wait_for(lambda: served(service)["confidence"] == 0, "a stranger's page")
    code, _, err = vitrine("export", "ada", "--home", here, stdin=None, **shared)
    assert (code, err) == (1, "nothing is kept of ada in the database of DATABASE_URL\n")
    assert not (here / "vitrine.db").exists()
    nowhere = here.with_name("nowhere")
    for command in (("export", "ada"), ("forget", "ada"), ("analyse",)):
        code, out, err = vitrine(
            *command, "--home", nowhere, stdin=None, DATABASE_URL=shared["DATABASE_URL"]
        )
        assert (code, out, len(err.splitlines())) == (1, "", 1)
        assert "set VITRINE_SECRET to that of the service" in err
    assert not nowhere.exists()


def test_the_console_says_how_the_database_and_its_jobs_are(service: LiveService) -> None:
    with service.client() as client:
        token = re.search(r'name="csrf" value="([^"]+)"', client.get("/console/login").text)
        assert token is not None
        form = {"csrf": token[1], "password": (service.home / "admin-password").read_text()}
        own = {"origin": service.url}
        assert client.post("/console/login", data=form, headers=own).status_code == 303
        page = ""

        def told() -> bool:
            nonlocal page
            page = " ".join(client.get("/console").text.split())
            queue = "start `vitrine worker`" in page or "start &#96;vitrine worker&#96;" in page
            return queue and "PostgreSQL;" in page

        wait_for(told, "what PostgreSQL says of itself and of its jobs")
    assert re.search(r"PostgreSQL; \d+ of 20 connections in use, [1-9][\d.]* MB", page)


def test_a_backup_is_restored_into_another_database_but_for_who_was_erased_since(
    server: PostgresServer, service: LiveService, shared: dict[str, str], tmp_path: Path
) -> None:
    click(service, "ada")
    click(service, "bea")
    assert served(service, "bea")["segment"] == "ML_ENGINEER"
    parts = ("prometheus", "long-term", "grafana", "alertmanager")
    without = [word for part in parts for word in ("--without", part)]
    command: tuple[str | Path, ...] = ("backup", tmp_path / "b", "--home", service.home, *without)
    code, out, err = vitrine(*command, stdin=None, **shared)
    assert (code, err) == (0, ""), out
    assert re.search(r"^database +\d+ events, \d+ visits, PostgreSQL \d+", out)
    assert PASSWORD not in out
    archive = Path(out.splitlines()[-1].split()[1])
    code, out, err = vitrine("restore", "--verify", archive, stdin=None, **shared)
    assert (code, err) == (0, ""), out
    code, out, err = vitrine("forget", "ada", "--home", service.home, stdin=None, **shared)
    assert (code, out) == (0, "erased (visits: 1, events: 3)\n"), err
    home, other = tmp_path / "new", {**shared, "DATABASE_URL": server.database()}
    since = ("--before", shared["DATABASE_URL"].rpartition("/")[2])
    stranger = {**other, "VITRINE_SECRET": "another key of the pseudonyms"}
    code, out, err = vitrine("restore", archive, "--home", home, *since, stdin=None, **stranger)
    assert (code, out) == (1, "")
    assert "VITRINE_SECRET: the database of DATABASE_URL names its visitors by another one" in err
    assert not home.exists()
    code, out, err = vitrine("restore", archive, "--home", home, *since, stdin=None, **other)
    assert (code, err) == (0, ""), "what was filled in vain was emptied again"
    replayed = r"(erased since .+: \d+ entr.*\n)*erased again +1 visitor\n"
    assert re.search(r"erased since +\S+/\w+: \d+ entr.*\n" + replayed, out), out
    listed = "SELECT count(*) FROM notes WHERE starts_with(name, 'forgotten:')"
    assert server.sql(listed, other["DATABASE_URL"].rpartition("/")[2]) != "0"
    code, out, err = vitrine("restore", archive, "--home", tmp_path / "again", stdin=None, **other)
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert "name an empty one" in err
    restored = LiveService(home, site=str(home / "site.yaml"), **other)
    try:
        # The other one takes over the rules of an analysis ten seconds later.
        wait_for(lambda: served(restored, "bea") == served(service, "bea"), "her page")
        assert served(restored, "ada")["confidence"] == 0
    finally:
        restored.end()


def test_the_doctor_looks_at_the_database_that_is_named(
    service: LiveService, shared: dict[str, str]
) -> None:
    with closing(sqlite3.connect(service.home / "vitrine.db")) as decoy:
        decoy.execute("CREATE TABLE visits (id)")
    command = ("doctor", "--home", service.home, "--url", service.url, "--json")
    try:
        code, out, _ = vitrine(*command, stdin=None, **shared)
    finally:
        (service.home / "vitrine.db").unlink()
    found = [(one["check"], one["found"], one["level"]) for one in json.loads(out)["checks"]]
    database = [one for one in found if one[0] == "database"]
    assert {level for _, _, level in database} == {"ok"}
    assert "PostgreSQL" in database[0][1]
    assert ("secrets", "the key is that of the database", "ok") in found
    assert [level for check, _, level in found if check == "workers"] == ["problem"]
    assert (code, PASSWORD in out) == (1, False)
