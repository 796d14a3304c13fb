"""Visits and events as rows: the statements on them, and how a visit is packed into one."""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any

import orjson
from sqlalchemy import Connection, Row, text

from vitrine.domain.experiment import Arm
from vitrine.domain.visit import Visit
from vitrine.usecases.record import EventKey

EventRow = tuple[str, int, str, int, str, str | None]
"""Visitor, ordinal of the visit, name, time, parameters in JSON, and key."""

_COLUMNS = tuple(field.name for field in fields(Visit))
_values_of = operator.attrgetter(*_COLUMNS)
_FEATURES = _COLUMNS.index("features")

# Rows travel as one JSON text: SQLite then inserts a group in a single step, without giving
# the interpreter lock back and forth per row (a third more events per second: decision 0001).
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
    f"INSERT INTO visits ({', '.join(_COLUMNS)})"
    f" SELECT {', '.join(f'value->>{i}' for i in range(len(_COLUMNS)))}"
    " FROM json_each(:rows) WHERE true ON CONFLICT (visitor, ordinal) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[2:])
)
SELECT_VISIT = "SELECT " + ", ".join(f"v.{name}" for name in _COLUMNS) + " FROM visits v"
_LATEST = text(
    SELECT_VISIT + " JOIN (SELECT visitor, max(ordinal) AS ordinal FROM visits"
    " WHERE visitor IN (SELECT value FROM json_each(:visitors)) GROUP BY visitor)"
    " USING (visitor, ordinal)"
)
_PAGE = text(
    SELECT_VISIT + " WHERE (v.visitor, v.ordinal) > (:visitor, :ordinal)"
    " AND v.last >= :since ORDER BY v.visitor, v.ordinal LIMIT :most"
)
_REASSESS = text(
    "UPDATE visits SET segment = :segment, confidence = :confidence"
    " WHERE visitor = :visitor AND ordinal = :ordinal"
    " AND started = :started AND events = :events"
)
_REASSESSED = ("segment", "confidence", "visitor", "ordinal", "started", "events")
_ALL_OF = text(SELECT_VISIT + " WHERE v.visitor = :visitor ORDER BY v.ordinal")
_OUTCOMES = text(
    "SELECT held_out, count(*), sum(converted) FROM"
    " (SELECT visitor, held_out, max(converted) AS converted FROM visits"
    " WHERE exposed_at >= :since AND NOT bot GROUP BY visitor, held_out) GROUP BY held_out"
)


def stored_keys(connection: Connection, keys: Sequence[EventKey | None]) -> set[EventKey]:
    """Return which of these keys are stored."""
    named = [key for key in keys if key is not None]
    if not named:
        return set()
    rows = connection.execute(_STORED_KEYS, {"keys": orjson.dumps(named).decode()})
    return {(row.visitor, row.key) for row in rows}


def latest(connection: Connection, visitors: Sequence[str]) -> dict[str, Visit | None]:
    """Return the current visit of each visitor who has one."""
    if not visitors:
        return {}
    rows = connection.execute(_LATEST, {"visitors": orjson.dumps(visitors).decode()})
    return {row.visitor: unpacked(row) for row in rows}


def page(connection: Connection, since_ms: int, after: tuple[str, int], limit: int) -> list[Visit]:
    """Return visits that lasted beyond a time, in key order after a key."""
    bounds = {"visitor": after[0], "ordinal": after[1], "since": since_ms, "most": limit}
    return [unpacked(row) for row in connection.execute(_PAGE, bounds)]


def all_of(connection: Connection, visitor: str) -> list[Visit]:
    """Return the visits of a visitor, oldest first."""
    return [unpacked(row) for row in connection.execute(_ALL_OF, {"visitor": visitor})]


def store(connection: Connection, visits: Iterable[Visit], events: Sequence[EventRow]) -> None:
    """Write visits as they are now, and the events that made them so."""
    packed = orjson.dumps([_pack(visit) for visit in visits]).decode()
    connection.execute(_UPSERT_VISITS, {"rows": packed})
    connection.execute(_INSERT_EVENTS, {"rows": orjson.dumps(events).decode()})


def reassess(connection: Connection, visits: Sequence[Visit]) -> None:
    """Write a new segment and confidence of visits that did not grow meanwhile."""
    rows = [{name: getattr(visit, name) for name in _REASSESSED} for visit in visits]
    connection.execute(_REASSESS, rows)


def outcomes(connection: Connection, since_ms: int) -> dict[str, Arm]:
    """Return the arms of the experiment since a time."""
    arms = {"personalized": Arm(0, 0), "holdout": Arm(0, 0)}
    for held_out, exposed, converted in connection.execute(_OUTCOMES, {"since": since_ms}):
        arms["holdout" if held_out else "personalized"] = Arm(exposed, converted)
    return arms


def _pack(visit: Visit) -> list[Any]:
    values = list(_values_of(visit))
    values[_FEATURES] = orjson.dumps(visit.features).decode()
    return values


def unpacked(row: Row[Any]) -> Visit:
    visit = Visit(*tuple(row))
    visit.features = orjson.loads(row.features)
    visit.held_out, visit.converted, visit.bot = map(bool, (row.held_out, row.converted, row.bot))
    return visit
