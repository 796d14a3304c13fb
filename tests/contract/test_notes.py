"""One suite for every `Notes`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from vitrine.adapters.database.engine import Database, sqlite_engine
from vitrine.adapters.database.migrate import migrate
from vitrine.adapters.database.notes import SqliteNotes
from vitrine.adapters.memory import MemoryNotes
from vitrine.usecases.ports import Notes


@pytest.fixture(params=["memory", "sqlite"])
async def notes(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Notes]:
    if request.param == "memory":
        yield MemoryNotes()
        return
    engine = sqlite_engine(tmp_path / "vitrine.db", 5)
    migrate(engine)
    database = Database(engine)
    yield SqliteNotes(database)
    database.close()


async def test_what_was_never_put_is_none(notes: Notes) -> None:
    assert await notes.get("rules") is None


async def test_the_last_value_put_is_the_one_got(notes: Notes) -> None:
    await notes.put("rules", b"first")
    await notes.put("rules", b"\x00second\xff")
    assert await notes.get("rules") == b"\x00second\xff"
    assert await notes.get("other") is None
