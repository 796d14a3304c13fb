"""All that is kept of one visitor, to be handed out or to be erased."""

from __future__ import annotations

from sqlalchemy import Connection, text

from vitrine.adapters.database.database import Rows
from vitrine.adapters.database.packing import Unpacking
from vitrine.adapters.database.visit_rows import all_of
from vitrine.usecases.ports import Forgotten, History

_OLDER = text(
    "SELECT id, started FROM visits WHERE last < :before AND started < :before"
    " ORDER BY id LIMIT :most"
)
_DELETE_VISIT = text("DELETE FROM visits WHERE id = :id")
_FORGET = text("DELETE FROM visits WHERE visitor = :visitor RETURNING id, started")


def history(connection: Connection, rows: Rows, unpacking: Unpacking, visitor: str) -> History:
    """Return everything that is kept of a visitor, oldest first."""
    events = [unpacking.event(visitor, row) for row in rows.events(connection, visitor)]
    return History(all_of(connection, unpacking, visitor), events)


def delete_older(connection: Connection, rows: Rows, before_ms: int, most: int = 500) -> Forgotten:
    """Delete the next visits that ended before a time; return how many there were.

    A few at a time, so that nobody waits long: the oldest have the lowest numbers.
    """
    older = connection.execute(_OLDER, {"before": before_ms, "most": most}).all()
    if not older:
        return Forgotten(0, 0)
    events = rows.delete_events(connection, [(visit.id, visit.started) for visit in older])
    connection.execute(_DELETE_VISIT, [{"id": visit.id} for visit in older])
    return Forgotten(len(older), events)


def delete(connection: Connection, rows: Rows, visitor: str) -> Forgotten:
    """Delete a visitor's rows; return how many there were."""
    counted = Forgotten(*rows.count(connection, visitor))
    # The visits first: whoever is growing one has then written its events, too.
    gone = connection.execute(_FORGET, {"visitor": visitor}).all()
    if gone:
        rows.delete_events(connection, [(visit.id, visit.started) for visit in gone])
    return counted
