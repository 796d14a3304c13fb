"""What state a database's file is in: whole, of which schema, writable, how large, how old.

Every function but `size_bytes` raises `DatabaseUnreadableError` where the file cannot be read.
"""

from __future__ import annotations

from pathlib import Path

from vitrine.adapters.database.schema import metadata
from vitrine.adapters.database.sqlite.copy import DatabaseUnreadableError, first_of, opened

RESTORE = "the database's file is damaged: see `vitrine doctor`, and restore a backup"
AT_ONCE_BYTES = 64 * 1024 * 1024
"""A file of this size is read through in less than a second: at each start there is time for it."""


def first_fault(database: Path) -> str | None:
    """Return what is wrong with the file, `None` where nothing is; all of it is read.

    Some seconds for each GB, during which others read and write. It cannot be held to a time:
    SQLite before 3.41 looks up from its work only between two tables.
    """
    with opened(database) as found:
        said = str(found.execute("PRAGMA quick_check(1)").fetchone()[0])
    return None if said == "ok" else " ".join(said.replace("*** in database main ***", "").split())


def require_whole(database: Path) -> None:
    """Raise `DatabaseUnreadableError` where a file is damaged that can be read through at once."""
    if not database.exists() or size_bytes(database) > AT_ONCE_BYTES:
        return
    try:
        fault = first_fault(database)
    except DatabaseUnreadableError as problem:
        raise DatabaseUnreadableError(f"{problem}; {RESTORE}") from None
    if fault is not None:
        raise DatabaseUnreadableError(f"{database}: {fault}; {RESTORE}")


def schema_of(database: Path) -> str | None:
    """Return the migration that a database stands at, `None` for an empty one."""
    found = first_of(database, "alembic_version", "SELECT version_num FROM alembic_version")
    return None if found is None else str(found)


def missing_tables(database: Path) -> list[str]:
    """Return the tables of this version that a database does not have, in their order."""
    with opened(database) as found:
        rows = found.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        there = {str(name) for (name,) in rows}
    return sorted(set(metadata.tables) - there)


def oldest_ms(database: Path) -> int | None:
    """Return when the visit that was written first was last heard of, `None` without visits."""
    found = first_of(database, "visits", "SELECT last FROM visits ORDER BY id LIMIT 1")
    return None if found is None else int(found)


def prove_writable(database: Path, within_s: float) -> None:
    """Raise `DatabaseUnreadableError` where nobody can write; nothing is written."""
    with opened(database, within_s) as found:
        found.execute("BEGIN IMMEDIATE")
        found.execute("ROLLBACK")


def size_bytes(database: Path) -> int:
    """Return how much the file and its log take on disk."""
    files = (database, database.with_name(f"{database.name}-wal"))
    return sum(file.stat().st_size for file in files if file.exists())
