"""Copies of a database that somebody writes into meanwhile."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from vitrine.adapters.database.sqlite.copy import (
    DatabaseUnreadableError,
    copy_database,
    has_visits,
    rows_of,
)

ROWS = 2_000


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "vitrine.db"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("CREATE TABLE visits (id INTEGER PRIMARY KEY, page BLOB)")
    connection.executemany(
        "INSERT INTO visits (page) VALUES (zeroblob(500))", [() for _ in range(ROWS)]
    )
    connection.close()
    return path


def test_a_copy_has_the_rows_that_were_counted_while_others_write(
    database: Path, tmp_path: Path
) -> None:
    written, ended = threading.Event(), threading.Event()

    def write() -> None:
        with sqlite3.connect(database, isolation_level=None) as connection:
            while not ended.is_set():
                connection.execute("INSERT INTO visits (page) VALUES (zeroblob(500))")
                written.set()
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert written.wait(60)
        counted = [
            (copy_database(database, tmp_path / f"copy-{number}.db"), number) for number in range(5)
        ]
    finally:
        ended.set()
        writer.join()
    for rows, number in counted:
        assert rows_of(tmp_path / f"copy-{number}.db") == rows
    assert counted[-1][0]["visits"] > ROWS, "nobody wrote meanwhile"


def test_a_copy_is_its_owners_and_leaves_no_other_file(database: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    copy_database(database, copy)
    rows_of(copy)
    assert copy.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.db", "vitrine.db"]


def test_a_copy_has_no_key_of_the_log_whose_life_it_would_prolong(
    database: Path, tmp_path: Path
) -> None:
    with sqlite3.connect(database, isolation_level=None) as connection:
        connection.execute("CREATE TABLE log_keys (week INTEGER PRIMARY KEY, key TEXT)")
        connection.execute("INSERT INTO log_keys VALUES (2813, 'a key in hexadecimal digits')")
    connection.close()
    copy = tmp_path / "copy.db"
    rows = copy_database(database, copy)
    assert rows == rows_of(copy) == {"log_keys": 0, "visits": ROWS}
    assert b"a key in" in database.read_bytes()
    assert b"a key in" not in copy.read_bytes()
    assert rows_of(database)["log_keys"] == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy.db", "vitrine.db"]


def test_a_damaged_database_is_one_line(database: Path) -> None:
    pages = bytearray(database.read_bytes())
    pages[8_192:12_288] = b"\xff" * 4_096
    database.write_bytes(pages)
    with pytest.raises(DatabaseUnreadableError, match=r"vitrine\.db: "):
        rows_of(database)


def test_rows_that_hang_on_nothing_are_damage(tmp_path: Path) -> None:
    path = tmp_path / "vitrine.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE visits (id INTEGER PRIMARY KEY)")
        connection.execute("CREATE TABLE events (visit INTEGER REFERENCES visits (id))")
        connection.execute("INSERT INTO events VALUES (7)")
    connection.close()
    with pytest.raises(DatabaseUnreadableError, match="rows hang on rows that are gone"):
        rows_of(path)


@pytest.mark.parametrize("content", [None, b"no database, but long enough to be looked at" * 40])
def test_what_is_no_database_is_one_line(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "vitrine.db"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DatabaseUnreadableError, match=str(path)):
        rows_of(path)
    assert content is not None or not path.exists(), "looking has made it"


def test_a_new_database_knows_no_visit(database: Path, tmp_path: Path) -> None:
    assert has_visits(database)
    sqlite3.connect(tmp_path / "new.db").close()
    (tmp_path / "new.db").touch()
    assert not has_visits(tmp_path / "new.db")
