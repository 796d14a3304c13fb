"""`Rows` on SQLite.

Rows travel as one JSON text: SQLite then inserts a group in a single step, without giving
the interpreter lock back and forth per row (a third more events per second: decision 0001).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, Row, text

from vitrine.adapters.database.database import EventRow, VisitKey
from vitrine.adapters.database.packing import COLUMNS, Unpacking, packed
from vitrine.adapters.database.visit_rows import LASTED, SELECT_VISIT
from vitrine.domain.visit import Visit
from vitrine.usecases.record import EventKey

_STORED_KEYS = text(
    "SELECT v.visitor, e.key FROM json_each(:keys) AS asked"
    " CROSS JOIN visits AS v ON v.visitor = asked.value->>0"
    " CROSS JOIN events AS e ON e.visit = v.id AND e.key = asked.value->>1"
)
_INSERT_EVENTS = text(
    "INSERT INTO events (visit, name, at, params, key)"
    " SELECT v.id, row.value->>2, row.value->>3, row.value->>4, row.value->>5"
    " FROM json_each(:rows) AS row"
    " CROSS JOIN visits AS v ON v.visitor = row.value->>0 AND v.ordinal = row.value->>1"
)
_UPSERT_VISITS = text(
    f"INSERT INTO visits ({', '.join(COLUMNS)})"
    f" SELECT {', '.join(f'value->>{i}' for i in range(len(COLUMNS)))}"
    " FROM json_each(:rows) WHERE true ON CONFLICT (visitor, ordinal) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in COLUMNS[2:])
)
_LATEST = text(
    SELECT_VISIT + " JOIN (SELECT visitor, max(ordinal) AS ordinal FROM visits"
    " WHERE visitor IN (SELECT value FROM json_each(:visitors)) GROUP BY visitor)"
    " USING (visitor, ordinal)"
)
_EVENTS = text(
    "SELECT v.ordinal, e.name, e.at, e.params FROM visits AS v JOIN events AS e ON e.visit = v.id"
    " WHERE v.visitor = :visitor ORDER BY v.ordinal, e.id"
)
_COUNT = text(
    "SELECT count(DISTINCT v.id), count(e.id) FROM visits AS v"
    " LEFT JOIN events AS e ON e.visit = v.id WHERE v.visitor = :visitor"
)
_COUNTED = text(
    "SELECT v.segment, e.name, count(*) FROM visits AS v JOIN events AS e ON e.visit = v.id"
    f" WHERE {LASTED} AND NOT v.bot GROUP BY v.segment, e.name"
)
_DELETE_EVENTS = text("DELETE FROM events WHERE visit = :visit")


class SqliteRows:
    """Satisfies `Rows`; there is one writer, so that nobody has to be held off."""

    def __init__(self, unpacking: Unpacking) -> None:
        self._unpacking = unpacking

    def latest(self, connection: Connection, visitors: Sequence[str]) -> dict[str, Visit]:
        rows = connection.execute(_LATEST, {"visitors": orjson.dumps(visitors).decode()})
        return {row.visitor: self._unpacking.visit(row) for row in rows}

    def held(
        self, connection: Connection, visitors: Sequence[str], keys: Sequence[EventKey]
    ) -> tuple[dict[str, Visit], set[EventKey]]:
        visits = self.latest(connection, visitors) if visitors else {}
        asked = {"keys": orjson.dumps(keys).decode()}
        rows = connection.execute(_STORED_KEYS, asked) if keys else ()
        return visits, {(row.visitor, row.key) for row in rows}

    def store(
        self,
        connection: Connection,
        visits: Iterable[Visit],
        events: Sequence[EventRow],
        begun: Collection[VisitKey],
    ) -> None:
        rows = orjson.dumps([packed(visit) for visit in visits]).decode()
        connection.execute(_UPSERT_VISITS, {"rows": rows})
        connection.execute(_INSERT_EVENTS, {"rows": orjson.dumps(events).decode()})

    def events(self, connection: Connection, visitor: str) -> Sequence[Row[Any]]:
        return connection.execute(_EVENTS, {"visitor": visitor}).all()

    def count(self, connection: Connection, visitor: str) -> Sequence[int]:
        return connection.execute(_COUNT, {"visitor": visitor}).one()

    def counted(self, connection: Connection, since_ms: int) -> Sequence[Sequence[Any]]:
        return connection.execute(_COUNTED, {"since": since_ms}).all()

    def delete_events(self, connection: Connection, visits: Sequence[tuple[int, int]]) -> int:
        return sum(
            connection.execute(_DELETE_EVENTS, {"visit": visit}).rowcount for visit, _ in visits
        )

    def expire(self, connection: Connection, before_ms: int) -> int | None:
        return None
