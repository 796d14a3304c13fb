"""Damage to a database's file, as a failing disk would do it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

PAGE = 4_096


def damage(database: Path) -> None:
    """Overwrite every page but the first, which names the tables."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    pages = bytearray(database.read_bytes())
    pages[PAGE:] = b"\xa5" * (len(pages) - PAGE)
    database.write_bytes(pages)
