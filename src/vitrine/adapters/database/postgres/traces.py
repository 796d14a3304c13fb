"""Erasing down to the bytes of the files, where that is ours to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from vitrine.adapters.database.schema import LOG_KEYS

if TYPE_CHECKING:
    from vitrine.adapters.database.postgres.engine import PostgresDatabase

_WRITE_ANEW = text(f"VACUUM (FULL) {LOG_KEYS}")


async def leave_no_trace(database: PostgresDatabase, table: str) -> None:
    """Return when the server's files of a small table hold nothing but its rows.

    Of a large one the server overwrites the space of deleted rows by itself, in time. So small
    a table as that of keys it would never get to: a row a week is not worth its while.
    """
    if table == LOG_KEYS:
        await database.read(lambda c: c.execute(_WRITE_ANEW) and None)
