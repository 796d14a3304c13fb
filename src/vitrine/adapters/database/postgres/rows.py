"""`Rows` on PostgreSQL: a group travels as one array per column."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from operator import attrgetter
from typing import Any

from sqlalchemy import BigInteger, Boolean, Connection, Float, Integer, Row, text
from sqlalchemy.exc import IntegrityError

from vitrine.adapters.database.database import EventRow, OutrunError, VisitKey
from vitrine.adapters.database.packing import COLUMNS, Unpacking, packed
from vitrine.adapters.database.postgres.partitions import Months, drop, months
from vitrine.adapters.database.schema import visits as visits_table
from vitrine.adapters.database.visit_rows import LASTED
from vitrine.domain.visit import Visit
from vitrine.usecases.record import EventKey

THERE_ALREADY = "23505"
"""SQLSTATE of a row whose key is taken: here by who wrote at the same time."""
LONGEST_VISIT_MS = 7 * 24 * 3_600_000
"""A visit that goes on for longer, if there ever is one, loses the events of an older month."""
_ARRAYS = {BigInteger: "bigint[]", Boolean: "boolean[]", Float: "double precision[]"}


def _array(name: str) -> str:
    kind = type(visits_table.c[name].type)
    array = _ARRAYS.get(kind, "integer[]" if kind is Integer else "text[]")
    return f"CAST(:{name} AS {array})"


def _latest(lock: str = "") -> str:
    """Return the query; visitors are taken in the order in which they are named."""
    return (
        f"SELECT {', '.join(f'v.{name}' for name in COLUMNS)}"
        " FROM unnest(CAST(:visitors AS text[])) AS asked(visitor) CROSS JOIN LATERAL"
        " (SELECT * FROM visits WHERE visits.visitor = asked.visitor"
        f" ORDER BY visits.ordinal DESC LIMIT 1{lock}) AS v"
    )


# The beginning is known as well: without it each month's index is asked for each visit.
_OF_VISIT = "e.visit = v.id AND e.started = v.started"
_LATEST = text(_latest())
# Keys are as they were when the statement began, also where it waited for a visit.
_HELD = text(
    f"WITH held AS MATERIALIZED ({_latest(' FOR UPDATE')}), stored AS ("
    "SELECT v.visitor, array_agg(e.key) AS stored_keys"
    " FROM unnest(CAST(:named AS text[]), CAST(:keys AS text[])) AS asked(visitor, key)"
    " JOIN visits AS v ON v.visitor = asked.visitor"
    f" JOIN events AS e ON {_OF_VISIT} AND e.key = asked.key GROUP BY v.visitor)"
    f" SELECT {', '.join(COLUMNS)}, stored_keys FROM held LEFT JOIN stored USING (visitor)"
)
# An event finds its visit by its place in the order of keys; one of a visit that somebody else
# began is left out, which its count then tells.
_STORE = text(
    f"WITH written AS (INSERT INTO visits ({', '.join(COLUMNS)})"
    f" SELECT * FROM unnest({', '.join(map(_array, COLUMNS))})"
    " ON CONFLICT (visitor, ordinal) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in COLUMNS[2:])
    + " RETURNING id, visitor, ordinal, xmax = 0 AS inserted), places AS MATERIALIZED ("
    'SELECT array_agg(id ORDER BY visitor COLLATE "C", ordinal) AS ids,'
    ' array_agg(inserted ORDER BY visitor COLLATE "C", ordinal) AS inserted FROM written)'
    " INSERT INTO events (visit, started, name, at, params, key)"
    " SELECT places.ids[e.place], e.visit_started, e.name, e.at, e.params, e.key"
    " FROM places CROSS JOIN unnest(CAST(:place AS integer[]),"
    " CAST(:visit_started AS bigint[]), CAST(:begun AS boolean[]),"
    " CAST(:name AS text[]), CAST(:at AS bigint[]), CAST(:params AS text[]), CAST(:key AS text[]))"
    " AS e(place, visit_started, begun, name, at, params, key)"
    " WHERE places.inserted[e.place] OR NOT e.begun"
)
_EVENTS = text(
    f"SELECT v.ordinal, e.name, e.at, e.params FROM visits AS v JOIN events AS e ON {_OF_VISIT}"
    " WHERE v.visitor = :visitor ORDER BY v.ordinal, e.id"
)
_COUNT = text(
    "SELECT count(DISTINCT v.id), count(e.id) FROM visits AS v"
    f" LEFT JOIN events AS e ON {_OF_VISIT} WHERE v.visitor = :visitor"
)
_COUNTED = text(
    f"SELECT v.segment, e.name, count(*) FROM visits AS v JOIN events AS e ON {_OF_VISIT}"
    f" WHERE {LASTED} AND e.started >= :since - {LONGEST_VISIT_MS} AND NOT v.bot"
    " GROUP BY v.segment, e.name"
)
_DELETE_EVENTS = text(
    "DELETE FROM events USING unnest(CAST(:visits AS bigint[]), CAST(:starts AS bigint[]))"
    " AS gone(visit, started)"
    " WHERE events.visit = gone.visit AND events.started = gone.started"
)
_EVENT = ("place", "visit_started", "begun", "name", "at", "params", "key")
_key_of = attrgetter("visitor", "ordinal")


class PostgresRows:
    """Satisfies `Rows`.

    Visits are held and written in the order of their keys, so that no two groups wait for one
    another in turn.
    """

    def __init__(self, unpacking: Unpacking) -> None:
        self._unpacking = unpacking
        self._months = Months()

    def latest(self, connection: Connection, visitors: Sequence[str]) -> dict[str, Visit]:
        rows = connection.execute(_LATEST, {"visitors": sorted(visitors)})
        return {row.visitor: self._unpacking.visit(row) for row in rows}

    def held(
        self, connection: Connection, visitors: Sequence[str], keys: Sequence[EventKey]
    ) -> tuple[dict[str, Visit], set[EventKey]]:
        asked = {
            "visitors": sorted(visitors),
            "named": [visitor for visitor, _ in keys],
            "keys": [key for _, key in keys],
        }
        rows = connection.execute(_HELD, asked).all()
        visits = {row.visitor: self._unpacking.visit(row) for row in rows}
        return visits, {(row.visitor, key) for row in rows for key in row.stored_keys or ()}

    def store(
        self,
        connection: Connection,
        visits: Iterable[Visit],
        events: Sequence[EventRow],
        begun: Collection[VisitKey],
    ) -> None:
        ordered = sorted(visits, key=_key_of)
        self._months.prepare(connection, [visit.started for visit in ordered])
        values = _columns(COLUMNS, map(packed, ordered))
        places = {
            (visit.visitor, visit.ordinal): (place, visit.started)
            for place, visit in enumerate(ordered, 1)
        }
        rows = ((*places[event[:2]], event[:2] in begun, *event[2:]) for event in events)
        values.update(_columns(_EVENT, rows))
        try:
            stored = connection.execute(_STORE, values).rowcount
        except IntegrityError as problem:
            if getattr(problem.orig, "sqlstate", None) == THERE_ALREADY:
                raise OutrunError from problem
            raise
        if stored < len(events):
            raise OutrunError

    def events(self, connection: Connection, visitor: str) -> Sequence[Row[Any]]:
        return connection.execute(_EVENTS, {"visitor": visitor}).all()

    def count(self, connection: Connection, visitor: str) -> Sequence[int]:
        return connection.execute(_COUNT, {"visitor": visitor}).one()

    def counted(self, connection: Connection, since_ms: int) -> Sequence[Sequence[Any]]:
        return connection.execute(_COUNTED, {"since": since_ms}).all()

    def delete_events(self, connection: Connection, visits: Sequence[tuple[int, int]]) -> int:
        return connection.execute(_DELETE_EVENTS, _columns(("visits", "starts"), visits)).rowcount

    def expire(self, connection: Connection, before_ms: int) -> int | None:
        for month in months(connection):
            if month.next.begins_ms + LONGEST_VISIT_MS <= before_ms:
                return drop(connection, month)
        return None


def _columns(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> dict[str, list[Any]]:
    """Return one list for each name."""
    columns = [list(column) for column in zip(*rows, strict=True)]
    return dict(zip(names, columns or [[] for _ in names], strict=True))
