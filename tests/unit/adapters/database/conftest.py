from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from vitrine.adapters.database.engine import Database, sqlite_engine
from vitrine.adapters.database.migrate import migrate


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """Give a migrated database with a pool of five."""
    engine = sqlite_engine(tmp_path / "vitrine.db", 5)
    migrate(engine)
    opened = Database(engine)
    yield opened
    opened.close()
