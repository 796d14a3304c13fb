"""`VisitStore` and `Notes` on SQLite."""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import fields
from itertools import takewhile
from typing import Any

import orjson
from sqlalchemy import Connection, Row, text
from sqlalchemy.exc import DBAPIError, OperationalError

from vitrine.adapters.database.engine import Database
from vitrine.adapters.database.group_commit import GroupCommit
from vitrine.domain.experiment import Arm
from vitrine.domain.visit import Folding, Visit
from vitrine.usecases.ports import (
    NOT_AT_HAND,
    NotAtHand,
    Recorded,
    StoreUnavailableError,
    Unit,
)
from vitrine.usecases.record import EventKey, duplicates_in, event_key, fold_unit

WAITING_UNITS = 4_096
GROUP_UNITS = 256
WORKING_SET = 100_000
"""Visits kept at hand, about 1 KiB each."""

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
    " WHERE visitor = :visitor AND ordinal = :ordinal AND events = :events"
)
_OUTCOMES = text(
    "SELECT held_out, count(*), sum(converted) FROM"
    " (SELECT visitor, held_out, max(converted) AS converted FROM visits"
    " WHERE exposed_at >= :since AND NOT bot GROUP BY visitor, held_out) GROUP BY held_out"
)
_NOTE = text("SELECT value FROM notes WHERE name = :name")
_UPSERT_NOTE = text(
    "INSERT INTO notes (name, value) VALUES (:name, :value)"
    " ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)


class SqliteVisitStore:
    """Satisfies `VisitStore`.

    The visits touched last are kept at hand, so that an answer to a known visitor needs no
    query; what the working set lost is read again.
    """

    def __init__(
        self, database: Database, folding: Folding, *, working_set: int = WORKING_SET
    ) -> None:
        self._database = database
        self._folding = folding
        self._working_set = working_set
        self._current: dict[str, Visit | None] = {}
        self._failing = False
        self._commits: GroupCommit[Unit, Recorded] = GroupCommit(
            self._write_group,
            most=WAITING_UNITS,
            group=GROUP_UNITS,
            waited=database.waited,
        )

    async def record(self, unit: Unit) -> Recorded:
        return await self._commits.submit(unit)

    def recall(self, visitor: str) -> Visit | NotAtHand | None:
        return self._current.get(visitor, NOT_AT_HAND)

    async def latest(self, visitor: str) -> Visit | None:
        if visitor in self._current:
            return self._current[visitor]
        found = await self._database.read(_latest, [visitor])
        # A commit that ended meanwhile knows better.
        return self._current.get(visitor) or self._keep(visitor, found.get(visitor))

    def recent(self, since_ms: int) -> Sequence[Visit]:
        touched = reversed(self._current.values())  # the last ones touched stand last
        found = takewhile(lambda visit: visit is None or visit.last >= since_ms, touched)
        return [visit for visit in found if visit is not None]

    async def visits_since(
        self, since_ms: int, after: tuple[str, int] | None, limit: int = 5_000
    ) -> Sequence[Visit]:
        return await self._database.read(_page, since_ms, after or ("", 0), limit)

    async def reassess(self, visits: Sequence[Visit]) -> None:
        rows = [
            {
                "segment": visit.segment,
                "confidence": visit.confidence,
                "visitor": visit.visitor,
                "ordinal": visit.ordinal,
                "events": visit.events,
            }
            for visit in visits
        ]
        if rows:
            await self._database.write(lambda c: c.execute(_REASSESS, rows) and None)
        for visit in visits:
            known = self._current.get(visit.visitor)
            if known is not None and (known.ordinal, known.events) == (
                visit.ordinal,
                visit.events,
            ):
                self._current[visit.visitor] = visit

    async def outcomes(self, since_ms: int) -> Mapping[str, Arm]:
        arms = {"personalized": Arm(0, 0), "holdout": Arm(0, 0)}
        for held_out, exposed, converted in await self._database.read(
            lambda c: c.execute(_OUTCOMES, {"since": since_ms}).all()
        ):
            arms["holdout" if held_out else "personalized"] = Arm(exposed, converted)
        return arms

    async def prove_writable(self) -> None:
        """Raise `StoreUnavailableError` where nothing can be read, or still not be written.

        That something can be written is tried only after a group could not.
        """
        if not self._failing:
            await self._database.read(_latest, [""])
            return
        proof = {"name": "written", "value": b""}
        await self._database.write(lambda c: c.execute(_UPSERT_NOTE, proof) and None)
        self._failing = False

    async def drain(self) -> None:
        """Return when every unit that was taken has been answered."""
        await self._commits.drain()

    async def _write_group(self, units: Sequence[Unit]) -> Sequence[Recorded | Exception]:
        self._failing = True
        results = await self._database.write(self._write_units, units)
        self._failing = False
        for result in results:
            if isinstance(result, Recorded):
                for visitor, visit in result.visits.items():
                    self._keep(visitor, visit)
        return results

    def _keep(self, visitor: str, visit: Visit | None) -> Visit | None:
        current = self._current
        current.pop(visitor, None)
        current[visitor] = visit
        if len(current) > self._working_set:
            del current[next(iter(current))]
        return visit

    def _write_units(
        self, connection: Connection, units: Sequence[Unit]
    ) -> Sequence[Recorded | Exception]:
        """Write all units at once; where that fails, each in a savepoint of its own.

        So a good group costs four statements, and a bad unit fails alone.
        """
        try:
            with connection.begin_nested():
                return self._write_together(connection, units, {})
        except OperationalError:
            raise
        except (DBAPIError, ValueError, TypeError):
            return self._write_apart(connection, units)

    def _write_apart(
        self, connection: Connection, units: Sequence[Unit]
    ) -> Sequence[Recorded | Exception]:
        results: list[Recorded | Exception] = []
        grown: dict[str, Visit] = {}
        for unit in units:
            try:
                with connection.begin_nested():
                    (recorded,) = self._write_together(connection, [unit], grown)
            except OperationalError:
                raise
            except (DBAPIError, ValueError, TypeError) as problem:
                results.append(StoreUnavailableError(type(problem).__name__))
            else:
                grown.update(recorded.visits)
                results.append(recorded)
        return results

    def _write_together(
        self, connection: Connection, units: Sequence[Unit], grown: Mapping[str, Visit]
    ) -> list[Recorded]:
        current = self._load(connection, units, grown)
        keys = [event_key(event) for unit in units for event in unit.events]
        stored = _stored(connection, keys)
        results: list[Recorded] = []
        rows: list[tuple[Any, ...]] = []
        touched: dict[tuple[str, int], Visit] = {}
        offset = 0
        for unit in units:
            own = keys[offset : offset + len(unit.events)]
            offset += len(unit.events)
            recorded, ordinals = fold_unit(
                unit, duplicates_in(own, stored), current.get, self._folding
            )
            stored.update(key for key in own if key is not None)
            current.update(recorded.visits)
            touched.update({(v.visitor, v.ordinal): v for v in recorded.touched})
            rows.extend(
                (e.visitor, ordinal, e.name, e.at, orjson.dumps(e.params).decode(), key and key[1])
                for e, ordinal, key in zip(unit.events, ordinals, own, strict=True)
                if ordinal
            )
            results.append(recorded)
        if touched:
            packed = orjson.dumps([_pack(visit) for visit in touched.values()]).decode()
            connection.execute(_UPSERT_VISITS, {"rows": packed})
            connection.execute(_INSERT_EVENTS, {"rows": orjson.dumps(rows).decode()})
        return results

    def _load(
        self, connection: Connection, units: Sequence[Unit], grown: Mapping[str, Visit]
    ) -> dict[str, Visit | None]:
        visitors = {event.visitor for unit in units for event in unit.events}
        visitors.update(unit.exposure.visitor for unit in units if unit.exposure)
        known: dict[str, Visit | None] = {}
        for visitor in visitors:
            # One look: the event loop may drop the visitor between two.
            visit = grown.get(visitor) or self.recall(visitor)
            if not isinstance(visit, NotAtHand):
                known[visitor] = visit
        missing = [visitor for visitor in visitors if visitor not in known]
        return {**known, **_latest(connection, missing)}


def _stored(connection: Connection, keys: Sequence[EventKey | None]) -> set[EventKey]:
    named = [key for key in keys if key is not None]
    if not named:
        return set()
    rows = connection.execute(_STORED_KEYS, {"keys": orjson.dumps(named).decode()})
    return {(row.visitor, row.key) for row in rows}


def _latest(connection: Connection, visitors: Sequence[str]) -> dict[str, Visit | None]:
    if not visitors:
        return {}
    rows = connection.execute(_LATEST, {"visitors": orjson.dumps(visitors).decode()})
    return {row.visitor: unpacked(row) for row in rows}


def _page(connection: Connection, since_ms: int, after: tuple[str, int], limit: int) -> list[Visit]:
    bounds = {"visitor": after[0], "ordinal": after[1], "since": since_ms, "most": limit}
    return [unpacked(row) for row in connection.execute(_PAGE, bounds)]


def _pack(visit: Visit) -> list[Any]:
    values = list(_values_of(visit))
    values[_FEATURES] = orjson.dumps(visit.features).decode()
    return values


def unpacked(row: Row[Any]) -> Visit:
    """Return the visit of a row of `SELECT_VISIT`."""
    visit = Visit(*tuple(row))
    visit.features = orjson.loads(row.features)
    visit.held_out, visit.converted, visit.bot = map(bool, (row.held_out, row.converted, row.bot))
    return visit


class SqliteNotes:
    """Satisfies `Notes`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, name: str) -> bytes | None:
        return await self._database.read(
            lambda c: c.execute(_NOTE, {"name": name}).scalar_one_or_none()
        )

    async def put(self, name: str, value: bytes) -> None:
        values = {"name": name, "value": value}
        await self._database.write(lambda c: c.execute(_UPSERT_NOTE, values) and None)
