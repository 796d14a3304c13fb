from __future__ import annotations

import asyncio
import threading
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from vitrine.adapters.database.sqlite.engine import SqliteDatabase, sqlite_engine
from vitrine.usecases.ports import StoreUnavailableError

WAL_AND_FULL = ("wal", 2)


def durability(connection: Connection) -> tuple[str, int]:
    mode = connection.execute(text("PRAGMA journal_mode")).scalar_one()
    return mode, connection.execute(text("PRAGMA synchronous")).scalar_one()


async def test_every_pooled_connection_writes_ahead_and_syncs_in_full(
    database: SqliteDatabase,
) -> None:
    with ExitStack() as held:
        connections = [held.enter_context(database.engine.connect()) for _ in range(5)]
        assert {durability(connection) for connection in connections} == {WAL_AND_FULL}
        assert len({id(c.connection.dbapi_connection) for c in connections}) == 5


async def test_the_connections_that_write_do_so_too(database: SqliteDatabase) -> None:
    assert await database.write(durability) == WAL_AND_FULL
    assert await database.read(durability) == WAL_AND_FULL
    assert database.durability() == WAL_AND_FULL


async def test_what_raises_is_rolled_back(database: SqliteDatabase) -> None:
    def half_done(connection: Connection) -> None:
        connection.execute(text("INSERT INTO notes (name, value) VALUES ('a', x'01')"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await database.write(half_done)
    assert await database.read(count_notes) == 0


def count_notes(connection: Connection) -> int:
    return int(connection.execute(text("SELECT count(*) FROM notes")).scalar_one())


async def test_writers_come_one_after_the_other_and_off_the_event_loop(
    database: SqliteDatabase,
) -> None:
    threads: list[int] = []
    inside = 0

    def work(connection: Connection, number: int) -> None:
        nonlocal inside
        inside += 1
        assert inside == 1
        threads.append(threading.get_ident())
        values = {"name": str(number), "value": b""}
        connection.execute(text("INSERT INTO notes (name, value) VALUES (:name, :value)"), values)
        inside -= 1

    await asyncio.gather(*(database.write(work, number) for number in range(20)))
    assert await database.read(count_notes) == 20
    assert set(threads).isdisjoint({threading.get_ident()})


async def test_readers_go_on_while_somebody_writes(database: SqliteDatabase) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(connection: Connection) -> None:
        connection.execute(text("INSERT INTO notes (name, value) VALUES ('a', x'01')"))
        begun.set()
        assert go_on.wait(60)

    writing = asyncio.create_task(database.write(slow))
    assert await asyncio.to_thread(begun.wait, 60)
    assert await database.read(count_notes) == 0
    go_on.set()
    await writing
    assert await database.read(count_notes) == 1


async def test_errors_of_the_database_say_their_kind_and_no_value(database: SqliteDatabase) -> None:
    def bad(connection: Connection) -> None:
        connection.execute(text("INSERT INTO nowhere VALUES (:secret)"), {"secret": "ann"})

    with pytest.raises(StoreUnavailableError, match=r"^OperationalError SQLITE_[A-Z]+$"):
        await database.write(bad)
    with pytest.raises(StoreUnavailableError, match=r"^OperationalError SQLITE_[A-Z]+$"):
        await database.read(bad)


async def test_a_place_where_nothing_can_be_made_is_an_unavailable_store(tmp_path: Path) -> None:
    database = SqliteDatabase(sqlite_engine(tmp_path / "missing" / "vitrine.db", 1))
    with pytest.raises(StoreUnavailableError, match=r"^OperationalError SQLITE_[A-Z]+$"):
        await database.read(count_notes)
    await database.close()
