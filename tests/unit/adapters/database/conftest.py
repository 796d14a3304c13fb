from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from vitrine.adapters.database.migrate import migrate
from vitrine.adapters.database.sqlite.engine import SqliteDatabase, sqlite_engine


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[SqliteDatabase]:
    """Give a migrated database with a pool of five."""
    engine = sqlite_engine(tmp_path / "vitrine.db", 5)
    migrate(engine)
    opened = SqliteDatabase(engine)
    yield opened
    await opened.close()
