"""Backups of a real PostgreSQL: made while it is written to, damaged, interrupted, restored."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import signal
import subprocess
import tarfile
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from shlex import quote

import pytest
from sqlalchemy import make_url

from tests.acceptance.backed_up import rebuilt
from tests.acceptance.live import VITRINE, environment, vitrine
from tests.acceptance.prometheus import wait_for
from tests.contract.conftest import PATIENT_S
from tests.postgres import PostgresServer
from tests.sites import small_site
from vitrine.adapters.database.migrate import migrate, migrate_back
from vitrine.adapters.database.notes import SqlNotes
from vitrine.adapters.database.postgres.copy import (
    NoScratchDatabaseError,
    forgotten_in,
    rows_in,
    tables_in,
)
from vitrine.adapters.database.postgres.engine import (
    PostgresDatabase,
    administering_engine,
    postgres_engine,
)
from vitrine.adapters.database.schema import HEAD
from vitrine.adapters.database.sqlite.engine import sqlite_engine
from vitrine.adapters.database.visits import SqlVisitStore
from vitrine.adapters.forgotten_file import Forgetting, NoListError, read
from vitrine.adapters.forgotten_notes import ForgottenNotes
from vitrine.domain.event import Event
from vitrine.domain.evidence import Evidence
from vitrine.domain.failure import Failure
from vitrine.domain.visit import Folding
from vitrine.domain.weights import FITTED
from vitrine.operations.backup import Plan, back_up, making, new_key, programs, restore, verify
from vitrine.operations.backup.layout import DUMP
from vitrine.operations.backup.making import UnprovenError
from vitrine.operations.backup.manifest import DamagedError, Manifest
from vitrine.operations.backup.postgres import DatabaseTakenError, OtherKindError, dump
from vitrine.operations.backup.programs import ProgramFailedError, ProgramMissingError
from vitrine.operations.backup.restoring import NotTheSameError
from vitrine.operations.postgres_server import PASSWORD
from vitrine.usecases.ports import Unit
from vitrine.wiring.forgotten import lists_of

NOON = 1_700_000_000_000
ANNA = "a" * 32
MONTH = 31 * 24 * 3_600_000
HANGING = (
    "CREATE FUNCTION hang() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN"
    " IF to_regclass('public.visits') IS NOT NULL THEN PERFORM pg_sleep(600); END IF; END $$;"
    " CREATE EVENT TRIGGER hang ON ddl_command_end EXECUTE FUNCTION hang()"
)
"""Has a restore hang once it has made the visits; a server that waits sees who has left."""


@pytest.fixture
def plan(postgres: PostgresServer, migrated: str, tmp_path: Path) -> Plan:
    """Give what is backed up of a home whose database holds two visits in two months."""
    url = postgres.database(migrated)
    asyncio.run(record(url, NOON, NOON + MONTH))
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "secret").write_text("hush")
    site = tmp_path / "site.yaml"
    site.write_text("a site")
    return Plan(
        home, home / "vitrine.db", "small", site, (), None, {"grafana": "as asked"}, postgres=url
    )


async def record(url: str, *times: int) -> list[int]:
    """Record an event at each time; return how many each visit of hers has."""
    site = small_site()
    folding = Folding(Evidence(site, FITTED), 0.5, site.conversions, lambda _visitor: False)
    database = PostgresDatabase(postgres_engine(url, 2, PATIENT_S))
    store = SqlVisitStore(database, folding)
    for at in times:
        event = Event(ANNA, "skill_hover", at, {"skill_id": next(iter(site.skills))}, f"{at}")
        await store.record(Unit([event]))
    history = await store.history(ANNA)
    await database.close()
    return [visit.events for visit in history.visits]


async def forgotten(url: str, entry: Forgetting) -> None:
    """Note in a database that somebody was erased, as a service does whose home is lost."""
    database = PostgresDatabase(postgres_engine(url, 2, 10.0))
    await ForgottenNotes(SqlNotes(database)).add(entry)
    await database.close()


def made(plan: Plan) -> Path:
    return back_up(plan, plan.home.parent / "backups", lambda _part, _words: None)


def scratch_databases(postgres: PostgresServer) -> str:
    found = "SELECT datname FROM pg_database WHERE starts_with(datname, 'vitrine_scratch')"
    return postgres.sql(found, "postgres")


def damaged(archive: Path, change: Callable[[bytes], bytes]) -> Path:
    """Change the dump in an archive, as somebody who writes the checksums anew."""

    def changed(members: dict[str, bytes]) -> None:
        members[DUMP] = change(members[DUMP])

    return rebuilt(archive, archive.with_name("bad.tar.gz"), changed)


def test_a_restored_database_is_the_same_and_goes_on(
    postgres: PostgresServer, plan: Plan, tmp_path: Path
) -> None:
    name, erased = str(plan.postgres).rpartition("/")[2], Forgetting(NOON, "e" * 32)
    postgres.sql("INSERT INTO log_keys VALUES (2813, 'a key')", name)
    asyncio.run(forgotten(str(plan.postgres), erased))
    archive = made(plan)
    with tarfile.open(archive) as tar:
        assert {"home/secret", "home/site.yaml", DUMP} <= set(tar.getnames())
        assert "home/vitrine.db" not in tar.getnames()
    url = postgres.database()
    manifest, _ = restore(archive, tmp_path / "new", None, url)
    assert (manifest.tables["events"], manifest.tables["visits"]) == (2, 2)
    assert rows_in(url) == manifest.tables
    assert manifest.tables["log_keys"] == 0 < rows_in(str(plan.postgres))["log_keys"]
    assert manifest.database.kind == "postgresql"
    assert (manifest.database.migration, manifest.database.schema) == (HEAD, "public")
    assert (tmp_path / "new" / "secret").read_text() == "hush"
    found = sorted(path.name for path in (tmp_path / "new").iterdir())
    assert found == ["forgotten", "secret", "settings.env", "site.yaml"]
    assert read(tmp_path / "new" / "forgotten") == {erased} == forgotten_in(url)
    assert asyncio.run(record(url, NOON + MONTH + 1, NOON + 3 * MONTH)) == [1, 2, 1]
    assert scratch_databases(postgres) == ""


def test_a_database_of_before_has_a_list_that_may_be_empty_and_another_has_none(
    postgres: PostgresServer, plan: Plan
) -> None:
    url, entries = str(plan.postgres), (Forgetting(NOON, "e" * 32), Forgetting(NOON + 1, "e" * 32))
    assert list(lists_of(plan.home, (), url).values()) == [set()]
    for entry in entries:
        asyncio.run(forgotten(url, entry))
    ((place, found),) = lists_of(plan.home, (), url).items()
    assert (place.rpartition("/")[2], found) == (url.rpartition("/")[2], {entries[-1]})
    with pytest.raises(NoListError, match="is no database of Vitrine: it has no list"):
        lists_of(plan.home, (), postgres.database())


def test_what_is_written_meanwhile_is_either_in_rows_and_dump_or_in_neither(
    postgres: PostgresServer, plan: Plan
) -> None:
    over = threading.Event()

    def write() -> None:
        while not over.is_set():
            insert = "INSERT INTO spending SELECT gen_random_uuid()::text::varchar(10), 1, 1, 1"
            postgres.sql(insert, str(plan.postgres).rpartition("/")[2])

    def written() -> int:
        return rows_in(str(plan.postgres))["spending"]

    writer = threading.Thread(target=write)
    writer.start()
    try:
        before = wait_for(written, "a row")
        dumped = verify(made(plan), None, plan.postgres).tables["spending"]
        assert before <= dumped
        wait_for(lambda: written() > dumped, "a row that came later")
    finally:
        over.set()
        writer.join()


def test_an_encrypted_backup_is_restored_with_its_key(
    postgres: PostgresServer, plan: Plan, tmp_path: Path
) -> None:
    key = new_key()
    archive = made(replace(plan, key=key))
    assert archive.name.endswith(".age")
    url = postgres.database()
    restore(archive, tmp_path / "new", key, url)
    assert rows_in(url)["events"] == 2


def test_a_database_that_has_tables_is_left_alone(plan: Plan, tmp_path: Path) -> None:
    archive = made(plan)
    before = rows_in(str(plan.postgres))
    with pytest.raises(DatabaseTakenError, match=r"has tables \(.* more\): name an empty one"):
        restore(archive, tmp_path / "new", None, plan.postgres)
    assert rows_in(str(plan.postgres)) == before
    assert not (tmp_path / "new").exists()


def test_a_backup_of_one_kind_does_not_go_to_the_other(
    postgres: PostgresServer, plan: Plan, tmp_path: Path
) -> None:
    archive = made(plan)
    with pytest.raises(OtherKindError, match="backup of a PostgreSQL: name the database with DAT"):
        restore(archive, tmp_path / "new", None)
    with pytest.raises(OtherKindError, match="compared on a server: name the database with DATA"):
        verify(archive, None)
    embedded_at(plan.database)
    embedded = made(replace(plan, postgres=None))
    assert verify(embedded, None, plan.postgres).database.kind == "sqlite"
    url = postgres.database()
    with pytest.raises(OtherKindError, match="restore it without DATABASE_URL"):
        restore(embedded, tmp_path / "new", None, url)
    assert tables_in(url) == []
    assert not (tmp_path / "new").exists()


def embedded_at(path: Path) -> None:
    engine = sqlite_engine(path, 1)
    migrate(engine)
    engine.dispose()


@pytest.mark.parametrize(
    "change",
    [
        lambda packed: packed[: len(packed) // 2],
        lambda packed: packed.replace(b"skill_hover", b"skill_hov\n\n"),
        lambda _packed: b"something else",
    ],
)
def test_a_damaged_dump_is_noticed_and_restores_nothing(
    postgres: PostgresServer, plan: Plan, tmp_path: Path, change: Callable[[bytes], bytes]
) -> None:
    archive = made(plan)
    bad = damaged(archive, change)
    with pytest.raises(DamagedError, match=f"{DUMP} is not what it was"):
        restore(bad, tmp_path / "new", None, postgres.database())
    # Past the checksums, by somebody who writes them anew: the server notices.
    liar = believed(bad)
    with pytest.raises(NotTheSameError, match="database: pg_restore: "):
        verify(liar, None, plan.postgres)
    url = postgres.database()
    with pytest.raises(ProgramFailedError, match="pg_restore: "):
        restore(liar, tmp_path / "new", None, url)
    assert tables_in(url) == []
    assert not (tmp_path / "new").exists()
    assert scratch_databases(postgres) == ""


def believed(archive: Path) -> Path:
    """Write the checksums of an archive's members anew."""
    with tarfile.open(archive) as tar:
        members = {one.name: tar.extractfile(one).read() for one in tar}  # type: ignore[union-attr]
    manifest = json.loads(members["manifest.json"])
    for name in manifest["members"]:
        digest = hashlib.sha256(members[name]).hexdigest()
        manifest["members"][name] = {"size": len(members[name]), "sha256": digest}
    members["manifest.json"] = json.dumps(manifest).encode()
    with tarfile.open(archive.with_name("liar.tar.gz"), "w:gz") as tar:
        for name, content in members.items():
            (archive.parent / "member").write_bytes(content)
            tar.add(archive.parent / "member", name)
    return archive.with_name("liar.tar.gz")


def test_rows_that_are_missing_are_noticed(
    postgres: PostgresServer, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    promised = {**rows_in(str(plan.postgres)), "events": 3}
    monkeypatch.setattr(making, "dump", lambda url, to: (dump(url, to)[0], promised))
    with pytest.raises(UnprovenError, match="database: events has 2 rows instead of 3"):
        made(plan)
    (kept,) = (plan.home.parent / "backups").iterdir()
    assert kept.name.endswith(".unverified")
    assert scratch_databases(postgres) == ""


def test_a_restore_that_is_interrupted_leaves_nothing_and_shows_no_password(
    postgres: PostgresServer, plan: Plan, tmp_path: Path
) -> None:
    archive, url = made(plan), postgres.database()
    name = url.rpartition("/")[2]
    postgres.sql(HANGING, name)
    postgres.sql(f"ALTER DATABASE {name} SET client_connection_check_interval = 100", name)
    words = ["restore", str(archive), "--home", str(tmp_path / "new")]
    restoring = subprocess.Popen([*VITRINE, *words], env=environment(DATABASE_URL=url))
    busy = (
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pg_restore'"
        f" AND datname = '{name}' AND wait_event = 'PgSleep'"
    )
    wait_for(lambda: postgres.sql(busy, "postgres") == "1", "a restore under way")
    shown = [
        path.read_bytes()
        for path in Path("/proc").glob("[0-9]*/cmdline")
        if os.access(path, os.R_OK)
    ]
    assert [line for line in shown if b"--single-transaction" in line and name.encode() in line]
    assert not [line for line in shown if PASSWORD.encode() in line]
    restoring.send_signal(signal.SIGTERM)
    assert restoring.wait(60) == 128 + signal.SIGTERM
    wait_for(lambda: postgres.sql(busy, "postgres") == "0", "the end of its transaction")
    assert tables_in(url) == []
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backups", "home", "site.yaml"]
    postgres.sql("DROP EVENT TRIGGER hang", name)
    code, out, err = vitrine(*words, DATABASE_URL=url)
    assert code == 0, err
    assert rows_in(url)["events"] == 2
    address = quote(url.replace(PASSWORD, "***"))
    ending = f"DATABASE_URL={address} vitrine serve --home {tmp_path / 'new'} "
    assert ending in out.splitlines()[-1]
    assert PASSWORD not in out


@pytest.mark.parametrize("breaks", ["before", "after"])
def test_a_restore_that_fails_once_the_rows_are_there_takes_them_out_again(
    postgres: PostgresServer, plan: Plan, tmp_path: Path, breaks: str
) -> None:
    def prepare(made: Path, _manifest: Manifest) -> Callable[[], None]:
        def finish() -> None:
            assert rows_in(url)["events"] == 2
            postgres.sql("CREATE TABLE another (one int)", name)
            raise Failure("no key")

        if breaks == "before":
            raise Failure("no key")
        return finish

    archive, url = made(plan), postgres.database()
    name = url.rpartition("/")[2]
    with pytest.raises(Failure, match=r"^no key$"):
        restore(archive, tmp_path / "new", None, url, prepare)
    assert tables_in(url) == ([] if breaks == "before" else ["another"])
    assert not (tmp_path / "new").exists()
    postgres.sql("DROP TABLE IF EXISTS another", name)
    restore(archive, tmp_path / "new", None, url)
    assert rows_in(url)["events"] == 2


def test_a_role_that_may_make_no_database_is_told_what_would_let_it(
    postgres: PostgresServer, plan: Plan
) -> None:
    postgres.sql(
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'modest') THEN"
        f" CREATE ROLE modest LOGIN PASSWORD '{PASSWORD}'; END IF; END $$",
        "postgres",
    )
    parts = make_url(str(plan.postgres))
    postgres.sql("GRANT pg_read_all_data TO modest", "postgres")
    modest = parts.set(username="modest").render_as_string(hide_password=False)
    with pytest.raises(UnprovenError, match="ALTER ROLE modest CREATEDB"):
        made(replace(plan, postgres=modest))
    (kept,) = (plan.home.parent / "backups").iterdir()
    with pytest.raises(NoScratchDatabaseError, match="ALTER ROLE modest CREATEDB"):
        verify(kept, None, modest)
    assert verify(kept, None, plan.postgres).tables["events"] == 2


def test_without_its_programs_is_said_what_to_install(
    plan: Plan, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(programs, "DEBIAN", tmp_path / "nowhere")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ProgramMissingError, match=r"apt-get install postgresql-client-\d+$"):
        made(plan)
    assert not list((tmp_path / "backups").iterdir())


@pytest.mark.parametrize("stands_at", ["0003", ""])
def test_a_restore_that_fails_once_it_was_migrated_leaves_nothing(
    postgres: PostgresServer, plan: Plan, tmp_path: Path, stands_at: str
) -> None:
    def migrated_in_vain(_made: Path, _manifest: Manifest) -> Callable[[], None]:
        def finish() -> None:
            engine = administering_engine(url)
            assert migrate(engine)
            engine.dispose()
            raise Failure("no key")

        return finish

    old = postgres.database()
    if stands_at:
        old = str(plan.postgres)
        engine = administering_engine(old)
        with engine.begin() as connection:
            migrate_back(connection, stands_at)
        engine.dispose()
    archive, url = made(replace(plan, postgres=old)), postgres.database()
    for _ in range(2):
        with pytest.raises(Failure, match=r"^no key$"):
            restore(archive, tmp_path / "new", None, url, migrated_in_vain)
        assert tables_in(url) == []
    restore(archive, tmp_path / "new", None, url)
    assert rows_in(url) == rows_in(old)
