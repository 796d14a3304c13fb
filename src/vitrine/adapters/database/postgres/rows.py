"""`Rows` on PostgreSQL: a group travels as one array per column."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from operator import attrgetter

from sqlalchemy import BigInteger, Boolean, Connection, Float, Integer, TextClause, text

from vitrine.adapters.database.database import EventRow, OutrunError, VisitKey
from vitrine.adapters.database.postgres.partitions import Months, drop, months
from vitrine.adapters.database.schema import visits as visits_table
from vitrine.adapters.database.visit_rows import COLUMNS, packed, unpacked
from vitrine.domain.visit import Visit
from vitrine.usecases.record import EventKey

LONGEST_VISIT_MS = 7 * 24 * 3_600_000
"""A visit that goes on for longer, if there ever is one, loses the events of an older month."""
_ARRAYS = {BigInteger: "bigint[]", Boolean: "boolean[]", Float: "double precision[]"}


def _array(name: str) -> str:
    kind = type(visits_table.c[name].type)
    array = _ARRAYS.get(kind, "integer[]" if kind is Integer else "text[]")
    return f"CAST(:{name} AS {array})"


def _latest(lock: str) -> TextClause:
    """Return the statement; visitors are taken in the order in which they are named."""
    return text(
        f"SELECT {', '.join(f'v.{name}' for name in COLUMNS)}"
        " FROM unnest(CAST(:visitors AS text[])) AS asked(visitor) CROSS JOIN LATERAL"
        " (SELECT * FROM visits WHERE visits.visitor = asked.visitor"
        f" ORDER BY visits.ordinal DESC LIMIT 1{lock}) AS v"
    )


_LATEST = _latest("")
_HELD = _latest(" FOR UPDATE")
_STORED_KEYS = text(
    "SELECT v.visitor, e.key FROM unnest(CAST(:visitors AS text[]), CAST(:keys AS text[]))"
    " AS asked(visitor, key) JOIN visits AS v ON v.visitor = asked.visitor"
    " JOIN events AS e ON e.visit = v.id AND e.started = v.started AND e.key = asked.key"
)
_UPSERT_VISITS = text(
    f"INSERT INTO visits ({', '.join(COLUMNS)})"
    f" SELECT * FROM unnest({', '.join(map(_array, COLUMNS))})"
    " ON CONFLICT (visitor, ordinal) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in COLUMNS[2:])
    + " RETURNING id, visitor, ordinal, started, xmax = 0 AS inserted"
)
_INSERT_EVENTS = text(
    "INSERT INTO events (visit, started, name, at, params, key) SELECT * FROM"
    " unnest(CAST(:visit AS bigint[]), CAST(:started AS bigint[]), CAST(:name AS text[]),"
    " CAST(:at AS bigint[]), CAST(:params AS text[]), CAST(:key AS text[]))"
)
_EVENT = ("visit", "started", "name", "at", "params", "key")
_key_of = attrgetter("visitor", "ordinal")


class PostgresRows:
    """Satisfies `Rows`.

    Visits are held and written in the order of their keys, so that no two groups wait for one
    another in turn.
    """

    def __init__(self) -> None:
        self._months = Months()

    def latest(
        self, connection: Connection, visitors: Sequence[str], *, hold: bool = False
    ) -> dict[str, Visit]:
        rows = connection.execute(_HELD if hold else _LATEST, {"visitors": sorted(visitors)})
        return {row.visitor: unpacked(row) for row in rows}

    def stored_keys(self, connection: Connection, keys: Sequence[EventKey]) -> set[EventKey]:
        visitors, named = zip(*keys, strict=True)
        asked = {"visitors": list(visitors), "keys": list(named)}
        return {(row.visitor, row.key) for row in connection.execute(_STORED_KEYS, asked)}

    def store(
        self,
        connection: Connection,
        visits: Iterable[Visit],
        events: Sequence[EventRow],
        begun: Collection[VisitKey],
    ) -> None:
        sorted_visits = sorted(visits, key=_key_of)
        self._months.prepare(connection, [visit.started for visit in sorted_visits])
        columns = zip(*map(packed, sorted_visits), strict=True)
        values = {name: list(column) for name, column in zip(COLUMNS, columns, strict=True)}
        places: dict[VisitKey, tuple[int, int]] = {}
        for row in connection.execute(_UPSERT_VISITS, values):
            key = row.visitor, row.ordinal
            if key in begun and not row.inserted:
                raise OutrunError
            places[key] = row.id, row.started
        if events:
            rows = [(*places[event[0], event[1]], *event[2:]) for event in events]
            columns = zip(*rows, strict=True)
            connection.execute(
                _INSERT_EVENTS,
                {name: list(column) for name, column in zip(_EVENT, columns, strict=True)},
            )

    def expire(self, connection: Connection, before_ms: int) -> int | None:
        for month in months(connection):
            if month.next.begins_ms + LONGEST_VISIT_MS <= before_ms:
                return drop(connection, month)
        return None
