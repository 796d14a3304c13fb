"""A copy of a database that is in use, and what a copy holds."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from vitrine.adapters.database.schema import LOG_KEYS
from vitrine.adapters.disk_room import room_at
from vitrine.domain.failure import Failure

PRIMARY = 0xFF
_DISK = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)


class DatabaseUnreadableError(Failure):
    """A database is missing, damaged, or none at all; the message says which."""


def copy_database(source: Path, to: Path) -> Mapping[str, int]:
    """Copy a database as of one moment; return the rows of each table in the copy.

    One step under one reading transaction: whoever writes meanwhile is not held up, and the
    count and the copy see the same. Keys of the log are left out. Raises `OSError` where there is
    no room for the copy.
    """
    with opened(source) as database:
        database.execute("BEGIN")
        rows = _rows(database)
        to.touch(mode=0o600)
        copy = sqlite3.connect(to)
        try:
            database.backup(copy)
            if LOG_KEYS in rows:
                copy.execute("PRAGMA secure_delete = ON")
                with copy:
                    copy.execute(f"DELETE FROM {LOG_KEYS}")  # noqa: S608 - a table of ours
                rows[LOG_KEYS] = 0
        except sqlite3.OperationalError as problem:
            if problem.sqlite_errorcode & PRIMARY not in _DISK:
                raise
            raise OSError(errno.ENOSPC, str(problem), str(to)) from None
        finally:
            copy.close()
        database.execute("ROLLBACK")
    return rows


def rows_of(database: Path) -> Mapping[str, int]:
    """Return the rows of each table of a database that is whole in itself."""
    with opened(database) as found:
        faults = [str(row[0]) for row in found.execute("PRAGMA integrity_check(1)")]
        if faults != ["ok"]:
            raise DatabaseUnreadableError(f"{database}: damaged: {faults[0]}")
        if found.execute("PRAGMA foreign_key_check").fetchone() is not None:
            raise DatabaseUnreadableError(f"{database}: damaged: rows hang on rows that are gone")
        return _rows(found)


def has_visits(database: Path) -> bool:
    """Return whether a database knows any visit."""
    return first_of(database, "visits", "SELECT 1 FROM visits") is not None


def site_of(database: Path) -> str | None:
    """Return the id of the site that a database belongs to, if it does already."""
    found = first_of(database, "notes", "SELECT value FROM notes WHERE name = 'site'")
    return None if found is None else bytes(found).decode()


@contextmanager
def opened(database: Path, within_s: float = 5.0) -> Iterator[sqlite3.Connection]:
    """Open a database that is there.

    Not as read-only: the last to close it could then not take its log away.
    """
    address = f"{database.resolve().as_uri()}?mode=rw"
    try:
        connection = sqlite3.connect(address, uri=True, isolation_level=None, timeout=within_s)
        try:
            yield connection
        finally:
            connection.close()
    except sqlite3.Error as problem:
        of_disk = getattr(problem, "sqlite_errorcode", 0) & PRIMARY in _DISK
        room = f"; {room_at(database)}" if of_disk else ""
        raise DatabaseUnreadableError(f"{database}: {problem}{room}") from None


def first_of(database: Path, table: str, query: str) -> Any:
    """Return the first value of an answer; `None` where there is none, or no such table."""
    there = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
    with opened(database) as found:
        if found.execute(there, (table,)).fetchone() is None:
            return None
        row = found.execute(query).fetchone()
    return None if row is None else row[0]


def _rows(database: sqlite3.Connection) -> dict[str, int]:
    tables = [
        str(row[0])
        for row in database.execute(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
            " ORDER BY name"
        )
    ]
    return {
        table: int(database.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0])  # noqa: S608 - a table's own name
        for table in tables
    }
