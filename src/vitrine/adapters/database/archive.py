"""`Archive` on a database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from sqlalchemy import Connection, text

from vitrine.adapters.database.database import Database
from vitrine.adapters.database.packing import Unpacking
from vitrine.adapters.database.visit_rows import LASTED, SELECT_VISIT
from vitrine.domain.visit import Visit
from vitrine.usecases.archive import Crowd, Past

_CROWDS = text(
    "SELECT segment, bin, count(*), count(*) FILTER (WHERE ordinal = 1), sum(conversions),"
    " count(*) FILTER (WHERE conversions > 0), sum(confidence) FROM"
    # A cast cuts off in SQLite and rounds in PostgreSQL.
    " (SELECT *, CASE WHEN near >= 10 THEN 9 WHEN near > confidence * 10 THEN near - 1"
    " ELSE near END AS bin FROM"
    " (SELECT *, CAST(confidence * 10 AS INTEGER) AS near FROM visits AS v"
    f" WHERE {LASTED} AND NOT bot) AS people) AS binned GROUP BY segment, bin"
)
_EVENTS = text(
    "SELECT v.segment, e.name, count(*) FROM visits AS v JOIN events AS e ON e.visit = v.id"
    f" WHERE {LASTED} AND NOT v.bot GROUP BY v.segment, e.name"
)
_NEWEST = text(  # by the key: numbers grow, and each change of a visit takes one
    f"{SELECT_VISIT} WHERE v.id > (SELECT max(id) FROM visits) - 1000 * :most"
    " ORDER BY v.id DESC LIMIT :most"
)
_OF_VISITOR = text(f"{SELECT_VISIT} WHERE v.visitor = :visitor ORDER BY v.ordinal")
_EVENTS_OF = text(
    "SELECT v.ordinal, e.name, e.at, e.params FROM visits AS v JOIN events AS e ON e.visit = v.id"
    " WHERE v.visitor = :visitor ORDER BY v.ordinal, e.at, e.id"
)


class SqlArchive:
    """Satisfies `Archive`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def crowds(self, since_ms: int) -> Sequence[Crowd]:
        rows = await self._database.read(lambda c: c.execute(_CROWDS, {"since": since_ms}).all())
        return [Crowd(*row) for row in rows]

    async def events(self, since_ms: int) -> Mapping[tuple[str | None, str], int]:
        rows = await self._database.read(lambda c: c.execute(_EVENTS, {"since": since_ms}).all())
        return {(segment, name): count for segment, name, count in rows}

    async def latest(self, most: int) -> Sequence[Visit]:
        rows = await self._database.read(lambda c: c.execute(_NEWEST, {"most": most}).all())
        return [self._database.unpacking.visit(row) for row in rows]

    async def past(self, visitor: str) -> Sequence[Past]:
        return await self._database.read(_past, self._database.unpacking, visitor)


def _past(connection: Connection, unpacking: Unpacking, visitor: str) -> list[Past]:
    asked = {"visitor": visitor}
    visits = [unpacking.visit(row) for row in connection.execute(_OF_VISITOR, asked)]
    rows = connection.execute(_EVENTS_OF, asked).all()
    events = {
        ordinal: [unpacking.event(visitor, row) for row in of_visit]
        for ordinal, of_visit in groupby(rows, lambda row: row.ordinal)
    }
    return [Past(visit, events.get(visit.ordinal, ())) for visit in visits]
