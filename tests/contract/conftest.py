"""The databases that the contracts are held on: each test gets empty ones."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from tests.postgres import PostgresServer
from vitrine.adapters import monitoring_http
from vitrine.adapters.database.database import Database
from vitrine.adapters.database.migrate import migrate
from vitrine.adapters.database.postgres.engine import (
    PostgresDatabase,
    administering_engine,
    postgres_engine,
)
from vitrine.adapters.database.sqlite.engine import SqliteDatabase, sqlite_engine

Opened = Callable[[], Database]
PATIENT_S = 60.0
"""What a test gives a server that is well, on a machine that does much else."""


@pytest.fixture(autouse=True)
def _nobody_is_given_up_who_is_only_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CONNECT_WITHIN_S", "ANSWER_WITHIN_S"):
        monkeypatch.setattr(monitoring_http, name, PATIENT_S)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """Give a server on which no test's data have to last."""
    server = PostgresServer("fsync=off", "shared_buffers=32MB", "max_connections=60")
    yield server
    server.remove()


@pytest.fixture(scope="session")
def migrated(postgres: PostgresServer) -> str:
    """Give the name of a database at the present schema, to be copied."""
    url = postgres.database()
    engine = administering_engine(url)
    migrate(engine)
    engine.dispose()
    return url.rpartition("/")[2]


@pytest.fixture(params=["memory", "sqlite", "postgres"])
def kind(request: pytest.FixtureRequest) -> str:
    """Give what the contract is held on."""
    return str(request.param)


@pytest.fixture
async def opening(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[Opened | None]:
    """Give a way to open an empty database, as several processes do; `None` in memory."""
    if kind == "memory":
        yield None
        return
    if kind == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres")
        url = server.database(request.getfixturevalue("migrated"))
    opened: list[Database] = []

    def another() -> Database:
        if kind == "postgres":
            opened.append(PostgresDatabase(postgres_engine(url, 5, PATIENT_S)))
        else:
            engine = sqlite_engine(tmp_path / "vitrine.db", 5)
            migrate(engine)
            opened.append(SqliteDatabase(engine))
        return opened[-1]

    yield another
    for database in opened:
        await database.close()
