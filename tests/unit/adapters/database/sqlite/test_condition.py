"""What is found of a database's file."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

from tests.damage import damage
from vitrine.adapters.database.migrate import migrate
from vitrine.adapters.database.schema import HEAD
from vitrine.adapters.database.sqlite.condition import (
    first_fault,
    missing_tables,
    oldest_ms,
    prove_writable,
    schema_of,
    size_bytes,
)
from vitrine.adapters.database.sqlite.copy import DatabaseUnreadableError
from vitrine.adapters.database.sqlite.engine import sqlite_engine


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "vitrine.db"
    engine = sqlite_engine(path, 1)
    migrate(engine)
    engine.dispose()
    return path


def test_a_database_in_order_has_no_fault_and_is_of_this_version(database: Path) -> None:
    assert first_fault(database) is None
    assert schema_of(database) == HEAD
    assert missing_tables(database) == []
    assert oldest_ms(database) is None
    assert size_bytes(database) == database.stat().st_size


def test_pages_that_were_overwritten_are_a_fault(database: Path) -> None:
    damage(database)
    assert "error code 11" in str(first_fault(database))


def test_a_table_that_is_gone_is_missing(database: Path) -> None:
    engine = sqlite_engine(database, 1)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE events"))
    engine.dispose()
    assert missing_tables(database) == ["events"]


def test_an_empty_database_stands_nowhere(tmp_path: Path) -> None:
    (tmp_path / "new.db").touch()
    assert schema_of(tmp_path / "new.db") is None


def test_whoever_holds_the_database_for_long_keeps_others_from_writing(database: Path) -> None:
    prove_writable(database, 0.0)
    with sqlite3.connect(database, isolation_level=None) as connection:
        connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(DatabaseUnreadableError, match="locked"):
            prove_writable(database, 0.0)
        connection.execute("ROLLBACK")
    connection.close()
