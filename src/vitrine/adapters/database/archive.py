"""`Archive` on a database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import attrgetter

from sqlalchemy import Connection, text

from vitrine.adapters.database.database import Database, Rows
from vitrine.adapters.database.packing import Unpacking
from vitrine.adapters.database.visit_rows import LASTED, SELECT_VISIT, all_of
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
_NEWEST = text(  # by the key: numbers grow, and each change of a visit takes one
    f"{SELECT_VISIT} WHERE v.id > (SELECT max(id) FROM visits) - 1000 * :most"
    " ORDER BY v.id DESC LIMIT :most"
)
AT = attrgetter("at")


class SqlArchive:
    """Satisfies `Archive`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def crowds(self, since_ms: int) -> Sequence[Crowd]:
        rows = await self._database.read(lambda c: c.execute(_CROWDS, {"since": since_ms}).all())
        return [Crowd(*row) for row in rows]

    async def events(self, since_ms: int) -> Mapping[tuple[str | None, str], int]:
        rows = await self._database.read(self._database.rows.counted, since_ms)
        return {(segment, name): count for segment, name, count in rows}

    async def latest(self, most: int) -> Sequence[Visit]:
        rows = await self._database.read(lambda c: c.execute(_NEWEST, {"most": most}).all())
        return [self._database.unpacking.visit(row) for row in rows]

    async def past(self, visitor: str) -> Sequence[Past]:
        return await self._database.read(
            _past, self._database.rows, self._database.unpacking, visitor
        )


def _past(connection: Connection, rows: Rows, unpacking: Unpacking, visitor: str) -> list[Past]:
    events = {
        ordinal: sorted((unpacking.event(visitor, row) for row in of_visit), key=AT)
        for ordinal, of_visit in groupby(rows.events(connection, visitor), lambda row: row.ordinal)
    }
    visits = all_of(connection, unpacking, visitor)
    return [Past(visit, events.get(visit.ordinal, ())) for visit in visits]
