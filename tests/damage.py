"""Damage to a database's file, as a failing disk would do it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

PAGE = 4_096
_ROOTS = "SELECT rootpage FROM sqlite_master WHERE tbl_name = ?"


def damage(database: Path, table: str = "visits") -> None:
    """Overwrite the first page of a table, and of each of its indexes; nobody may have it open."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        roots = [number for (number,) in connection.execute(_ROOTS, (table,))]
    with database.open("r+b") as file:
        for number in roots:
            file.seek((number - 1) * PAGE)
            file.write(b"\xa5" * PAGE)
