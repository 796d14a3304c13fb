"""`VisitStore` on SQLite."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from itertools import takewhile

import orjson
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, OperationalError

from vitrine.adapters.database import visit_rows
from vitrine.adapters.database.engine import Database
from vitrine.adapters.database.group_commit import GroupCommit
from vitrine.adapters.database.history import delete, history, leave_no_trace
from vitrine.adapters.database.notes import put_note
from vitrine.domain.experiment import Arm
from vitrine.domain.visit import Folding, Visit
from vitrine.usecases.ports import (
    NOT_AT_HAND,
    Forgotten,
    History,
    NotAtHand,
    Recorded,
    StoreUnavailableError,
    Unit,
)
from vitrine.usecases.record import duplicates_in, event_key, fold_unit, same_state

WAITING_UNITS = 4_096
GROUP_UNITS = 256
WORKING_SET = 100_000
"""Visits kept at hand, about 1 KiB each."""


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
        self._turn = asyncio.Lock()
        self._forgotten = 0
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
        forgotten = self._forgotten
        found = await self._database.read(visit_rows.latest, [visitor])
        if forgotten != self._forgotten:  # perhaps this visitor, while the read was under way
            return await self.latest(visitor)
        # A commit that ended meanwhile knows better.
        return self._current.get(visitor) or self._keep(visitor, found.get(visitor))

    def recent(self, since_ms: int) -> Sequence[Visit]:
        touched = reversed(self._current.values())  # the last ones touched stand last
        found = takewhile(lambda visit: visit is None or visit.last >= since_ms, touched)
        return [visit for visit in found if visit is not None]

    async def visits_since(
        self, since_ms: int, after: tuple[str, int] | None, limit: int = 5_000
    ) -> Sequence[Visit]:
        return await self._database.read(visit_rows.page, since_ms, after or ("", 0), limit)

    async def reassess(self, visits: Sequence[Visit]) -> None:
        if visits:
            await self._database.write(visit_rows.reassess, visits)
        for visit in visits:
            known = self._current.get(visit.visitor)
            if known is not None and same_state(known, visit):
                self._current[visit.visitor] = visit

    async def history(self, visitor: str) -> History:
        return await self._database.read(history, visitor)

    async def forget(self, visitor: str) -> Forgotten:
        await self._commits.submit(Unit(()))  # what was taken before is written before
        async with self._turn:  # no group may grow what is at hand of the visitor meanwhile
            forgotten = await self._database.write(delete, visitor)
            self._current.pop(visitor, None)
            self._forgotten += 1
        await leave_no_trace(self._database, visitor)
        return forgotten

    async def outcomes(self, since_ms: int) -> Mapping[str, Arm]:
        return await self._database.read(visit_rows.outcomes, since_ms)

    async def prove_writable(self) -> None:
        """Raise `StoreUnavailableError` where nothing can be read, or still not be written.

        That something can be written is tried only after a group could not.
        """
        if not self._failing:
            await self._database.read(visit_rows.latest, [""])
            return
        await self._database.write(put_note, "written", b"")
        self._failing = False

    async def drain(self) -> None:
        """Return when every unit that was taken has been answered."""
        await self._commits.drain()

    async def _write_group(self, units: Sequence[Unit]) -> Sequence[Recorded | Exception]:
        async with self._turn:
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
        stored = visit_rows.stored_keys(connection, keys)
        results: list[Recorded] = []
        rows: list[visit_rows.EventRow] = []
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
            visit_rows.store(connection, touched.values(), rows)
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
        return {**known, **visit_rows.latest(connection, missing)}
