"""Erasing down to the bytes of the files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from vitrine.usecases.ports import StoreUnavailableError

if TYPE_CHECKING:
    from vitrine.adapters.database.sqlite.engine import SqliteDatabase

_KEPT = text("SELECT EXISTS (SELECT 1 FROM visits WHERE visitor = :visitor)")
_WRITE_BACK = "PRAGMA wal_checkpoint(TRUNCATE)"


async def leave_no_trace(database: SqliteDatabase, words: str) -> None:
    """Return when no byte of the database's files has words that are in no row: a visitor, a key.

    Deleted bytes are overwritten, and the log is written back and cut off. A copy that SQLite
    left behind when it once moved rows between pages (1 deletion in 1,000 met one) is looked
    for, and only where there is one the whole file is written anew. Raises
    `StoreUnavailableError` where a trace remains, because somebody reads an old state.
    """
    await database.tidy(_WRITE_BACK)
    if await _traces(database, words):
        await database.tidy("VACUUM")
        await database.tidy(_WRITE_BACK)
        if await _traces(database, words):
            raise StoreUnavailableError("traces_remain")


async def _traces(database: SqliteDatabase, words: str) -> bool:
    found = await database.holds(words.encode())
    # A visitor may have come again meanwhile.
    return found and not await database.read(
        lambda c: c.execute(_KEPT, {"visitor": words}).scalar_one()
    )
