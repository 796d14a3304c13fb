"""One suite for every `LogKeys`."""

from __future__ import annotations

import asyncio
import secrets

import pytest

from tests.contract.conftest import Opened
from tests.postgres import PostgresServer
from vitrine.adapters.database.log_keys import SqlLogKeys
from vitrine.adapters.database.sqlite.engine import SqliteDatabase
from vitrine.adapters.file_search import holds
from vitrine.adapters.memory import MemoryLogKeys
from vitrine.usecases.ports import LogKeys

WEEK = 2_813
FIRST, SECOND = bytes(range(32)), bytes(range(32, 64))


@pytest.fixture
def keys(opening: Opened | None) -> LogKeys:
    return MemoryLogKeys() if opening is None else SqlLogKeys(opening())


async def test_the_first_key_of_a_week_is_its_key(keys: LogKeys) -> None:
    assert await keys.keep(WEEK, FIRST) == FIRST
    assert await keys.keep(WEEK, SECOND) == FIRST
    assert await keys.keep(WEEK + 1, SECOND) == SECOND
    assert await keys.kept(WEEK) == {WEEK: FIRST, WEEK + 1: SECOND}
    assert await keys.kept(WEEK + 1) == {WEEK + 1: SECOND}


async def test_of_many_who_make_a_key_at_once_all_get_the_same(opening: Opened | None) -> None:
    one = MemoryLogKeys()
    makers = [one if opening is None else SqlLogKeys(opening()) for _ in range(4)]
    made = [bytes([number]) * 32 for number in range(len(makers))]
    got = await asyncio.gather(
        *(maker.keep(WEEK, key) for maker, key in zip(makers, made, strict=True))
    )
    assert len(set(got)) == 1
    assert got[0] in made


async def test_earlier_weeks_are_destroyed_and_no_other(keys: LogKeys) -> None:
    for week in (WEEK - 2, WEEK - 1, WEEK):
        await keys.keep(week, bytes([week % 256]) * 32)
    await keys.destroy(WEEK)
    await keys.destroy(WEEK)
    assert set(await keys.kept(0)) == {WEEK}


async def test_no_file_of_the_database_has_a_key_that_was_destroyed(
    opening: Opened | None, request: pytest.FixtureRequest
) -> None:
    if opening is None:
        return
    database = opening()
    keys = SqlLogKeys(database)
    gone, stays = secrets.token_bytes(32), secrets.token_bytes(32)
    await keys.keep(WEEK, gone)
    await keys.keep(WEEK + 1, stays)
    await keys.destroy(WEEK + 1)
    if isinstance(database, SqliteDatabase):
        folder = database.path.parent
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        folder = server.data / "base"
        server.sql("CHECKPOINT", "postgres")
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert any(holds(file, stays.hex().encode()) for file in files)
    assert not any(holds(file, gone.hex().encode()) for file in files)
