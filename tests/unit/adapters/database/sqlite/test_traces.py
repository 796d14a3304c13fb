"""Erasing, down to the bytes of the files."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection, text

from tests.sites import small_site
from vitrine.adapters.database.migrate import migrate
from vitrine.adapters.database.sqlite import engine
from vitrine.adapters.database.sqlite.engine import SqliteDatabase, sqlite_engine
from vitrine.adapters.database.visits import SqlVisitStore
from vitrine.domain.event import Event
from vitrine.domain.evidence import Evidence
from vitrine.domain.visit import Folding, Visit
from vitrine.domain.weights import FITTED
from vitrine.usecases.ports import StoreUnavailableError, Unit

NOON = 1_700_000_000_000
COUNTS = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1])
print(database.execute("SELECT count(*) FROM visits").fetchone()[0], end="")
database.close()
"""


def store_of(database: SqliteDatabase, working_set: int = 1_000) -> SqlVisitStore:
    site = small_site()
    folding = Folding(Evidence(site, FITTED), 0.5, site.conversions, lambda _visitor: False)
    return SqlVisitStore(database, folding, working_set=working_set)


def event(visitor: str, number: int = 0) -> Event:
    skills = list(small_site().skills)
    params: dict[str, str | int] = {"skill_id": skills[number % len(skills)]}
    return Event(visitor, "skill_hover", NOON + number, params, f"{number}")


def names_in(home: Path, visitors: list[str]) -> list[str]:
    """Return the visitors whom any byte of the database's files names."""
    files = [path.read_bytes() for path in home.glob("vitrine.db*")]
    return [visitor for visitor in visitors if any(visitor.encode() in raw for raw in files)]


async def grown(store: SqlVisitStore, visitors: list[str], events: int) -> None:
    """Have visits that grew a little at a time, so that their rows moved about."""
    random = Random(1)
    for number in range(events):
        await store.record(Unit([event(random.choice(visitors), number) for _ in range(20)]))


async def test_no_byte_names_who_was_forgotten(database: SqliteDatabase, tmp_path: Path) -> None:
    store = store_of(database)
    random = Random(2)
    visitors = [random.randbytes(16).hex() for _ in range(400)]
    await grown(store, visitors, 150)
    gone = visitors[:40]
    assert names_in(tmp_path, gone) == gone
    for visitor in gone:
        await store.forget(visitor)
    assert names_in(tmp_path, gone) == []
    assert names_in(tmp_path, visitors[40:]) == visitors[40:]


async def test_a_copy_that_was_left_behind_is_found_and_goes(
    database: SqliteDatabase, tmp_path: Path
) -> None:
    store = store_of(database)
    await store.record(Unit([event("a" * 32), event("b" * 32)]))
    await database.tidy("PRAGMA wal_checkpoint(TRUNCATE)")
    with (tmp_path / "vitrine.db").open("r+b") as file:  # as if rows had moved: in a page's gap
        raw = file.read()
        gap = raw.rindex(b"\0" * 100)
        file.seek(gap)
        file.write(b"a" * 32)
    await store.forget("a" * 32)
    assert names_in(tmp_path, ["a" * 32]) == []
    assert len((await store.history("b" * 32)).events) == 1


async def test_somebody_who_comes_back_at_once_is_no_trace(
    database: SqliteDatabase, tmp_path: Path
) -> None:
    store = store_of(database)
    await store.record(Unit([event("a" * 32)]))
    erasing = asyncio.create_task(store.forget("a" * 32))
    for number in range(1, 50):
        await store.record(Unit([event("a" * 32, number)]))
    await erasing
    assert names_in(tmp_path, ["a" * 32]) == ["a" * 32]
    assert 0 < len((await store.history("a" * 32)).events) < 50


async def test_a_trace_that_has_to_stay_is_said_and_gone_at_the_next_try(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_MS", 10)
    made = sqlite_engine(tmp_path / "vitrine.db", 5)
    migrate(made)
    database = SqliteDatabase(made)
    tidied, tidy = [], database.tidy

    async def noted(statement: str) -> tuple[Any, ...] | None:
        tidied.append(statement)
        return await tidy(statement)

    monkeypatch.setattr(database, "tidy", noted)
    store = store_of(database)
    await store.record(Unit([event("a" * 32)]))
    with closing(sqlite3.connect(tmp_path / "vitrine.db", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM visits").fetchone()
        with pytest.raises(StoreUnavailableError):
            await store.forget("a" * 32)
        assert "VACUUM" not in tidied, "writing the file anew is in vain as long as it is read"
        reader.execute("COMMIT")
    assert await store.forget("a" * 32) == (0, 0)
    assert names_in(tmp_path, ["a" * 32]) == []
    await database.close()


async def test_a_read_that_was_under_way_brings_nobody_back(
    database: SqliteDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store_of(database).record(Unit([event("a" * 32)]))
    store = store_of(database)  # with nothing at hand
    began, go_on = threading.Event(), threading.Event()
    latest = database.rows.latest

    def slowly(connection: Connection, visitors: Sequence[str]) -> dict[str, Visit]:
        found = latest(connection, visitors)
        began.set()
        assert go_on.wait(60)
        return found

    monkeypatch.setattr(database.rows, "latest", slowly)
    reading = asyncio.create_task(store.latest("a" * 32))
    assert await asyncio.to_thread(began.wait, 60)
    monkeypatch.undo()
    leave_no_trace = database.leave_no_trace

    async def once_read(words: str) -> None:
        go_on.set()  # the row is deleted, and its bytes can only go when nobody reads it
        await leave_no_trace(words)

    monkeypatch.setattr(database, "leave_no_trace", once_read)
    await store.forget("a" * 32)
    assert await reading is None
    assert await store.latest("a" * 32) is None


async def test_a_search_lets_no_other_process_take_the_log_away_that_is_written_into(
    database: SqliteDatabase,
) -> None:
    def seen_elsewhere() -> str:
        words = [sys.executable, "-c", COUNTS, str(database.path)]
        return subprocess.run(words, capture_output=True, text=True, check=True).stdout

    store = store_of(database)
    await store.record(Unit([event("a" * 32)]))
    await store.forget("a" * 32)
    assert seen_elsewhere() == "0"
    await store.record(Unit([event("b" * 32)]))
    assert seen_elsewhere() == "1"


async def test_what_is_deleted_is_overwritten_on_every_connection(database: SqliteDatabase) -> None:
    for run in (database.read, database.write):
        assert await run(lambda c: c.execute(text("PRAGMA secure_delete")).scalar_one()) == 1
