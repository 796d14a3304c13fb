"""Erasing down to the bytes of the files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from vitrine.usecases.ports import StoreUnavailableError

if TYPE_CHECKING:
    from vitrine.adapters.database.sqlite.engine import SqliteDatabase

_KEPT = text("SELECT EXISTS (SELECT 1 FROM visits WHERE visitor = :visitor)")


async def leave_no_trace(database: SqliteDatabase, words: str) -> None:
    """Return when no byte of the database's files has words that are in no row: a visitor, a key.

    Deleted bytes are overwritten, and the log is written back and cut off. A copy that SQLite
    left behind when it once moved rows between pages (1 deletion in 1,000 met one) is looked
    for, and only where there is one the whole file is written anew. Raises
    `StoreUnavailableError` where a trace remains, because somebody reads an old state.
    """
    written_back = await _write_back(database)
    if not await _traces(database, words):
        return
    if written_back:  # or the trace may be in the log, where a new file takes none away
        await database.tidy("VACUUM")
        await _write_back(database)
        if not await _traces(database, words):
            return
    raise StoreUnavailableError("traces_remain")


async def _write_back(database: SqliteDatabase) -> bool:
    """Return whether the whole log was written back and cut off: no reader was in the way."""
    said = await database.tidy("PRAGMA wal_checkpoint(TRUNCATE)")
    return said is not None and not said[0]


async def _traces(database: SqliteDatabase, words: str) -> bool:
    found = await database.holds(words.encode())
    # A visitor may have come again meanwhile.
    return found and not await database.read(
        lambda c: c.execute(_KEPT, {"visitor": words}).scalar_one()
    )
