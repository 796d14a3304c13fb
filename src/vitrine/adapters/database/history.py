"""All that is kept of one visitor, to be handed out or to be erased."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Row, text

from vitrine.adapters.database.engine import Database
from vitrine.adapters.database.visit_rows import all_of
from vitrine.domain.event import Event
from vitrine.usecases.ports import Forgotten, History, StoreUnavailableError

_EVENTS = text(
    "SELECT e.name, e.at, e.params FROM visits v JOIN events e ON e.visit = v.id"
    " WHERE v.visitor = :visitor ORDER BY v.ordinal, e.id"
)
_COUNTS = text(
    "SELECT count(DISTINCT v.id), count(e.id) FROM visits v LEFT JOIN events e ON e.visit = v.id"
    " WHERE v.visitor = :visitor"
)
_FORGET = text("DELETE FROM visits WHERE visitor = :visitor")  # its events go with a visit
_KEPT = text("SELECT EXISTS (SELECT 1 FROM visits WHERE visitor = :visitor)")
_WRITE_BACK = "PRAGMA wal_checkpoint(TRUNCATE)"
_CHUNK_BYTES = 1 << 20


def history(connection: Connection, visitor: str) -> History:
    """Return everything that is kept of a visitor, oldest first."""
    rows = connection.execute(_EVENTS, {"visitor": visitor})
    return History(all_of(connection, visitor), [_event(visitor, row) for row in rows])


def _event(visitor: str, row: Row[Any]) -> Event:
    return Event(visitor, row.name, row.at, orjson.loads(row.params))


def delete(connection: Connection, visitor: str) -> Forgotten:
    """Delete a visitor's rows; return how many there were."""
    asked = {"visitor": visitor}
    counted = Forgotten(*connection.execute(_COUNTS, asked).one())
    connection.execute(_FORGET, asked)
    return counted


async def leave_no_trace(database: Database, visitor: str) -> None:
    """Return when no byte of the database's files names a visitor whom no row names.

    Deleted bytes are overwritten, and the log is written back and cut off. A copy that SQLite
    left behind when it once moved rows between pages (1 deletion in 1,000 met one) is looked
    for, and only where there is one the whole file is written anew. Raises
    `StoreUnavailableError` where a trace remains, because somebody reads an old state.
    """
    await database.tidy(_WRITE_BACK)
    if await _traces(database, visitor):
        await database.tidy("VACUUM")
        await database.tidy(_WRITE_BACK)
        if await _traces(database, visitor):
            raise StoreUnavailableError("traces_remain")


async def _traces(database: Database, visitor: str) -> bool:
    found = await database.look(lambda path: _holds(path, visitor.encode()))
    return found and not await database.read(
        lambda c: c.execute(_KEPT, {"visitor": visitor}).scalar_one()
    )


def _holds(path: Path, words: bytes) -> bool:
    """Whether the database's file or its log has these bytes anywhere."""
    files = [path, path.with_name(f"{path.name}-wal")]
    return any(_file_holds(file, words) for file in files if file.exists())


def _file_holds(file: Path, words: bytes) -> bool:
    overlap = b""
    with closing(file.open("rb")) as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            if words in overlap + chunk:
                return True
            overlap = chunk[-len(words) :]
    return False
