"""`VisitStore` on a database."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext, suppress

import orjson
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from vitrine.adapters.database import visit_rows
from vitrine.adapters.database.database import Database, EventRow, OutrunError, VisitKey
from vitrine.adapters.database.groups import Groups
from vitrine.adapters.database.history import delete, delete_older, history
from vitrine.adapters.database.notes import put_note
from vitrine.adapters.database.working_set import MOST, WorkingSet
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
GROUPS_AT_ONCE = 2
"""Where the database allows it and many wait: one is folded while it works on the other."""
READS_AT_ONCE = 4
"""So that reads leave connections to those who write, however many wait."""
READ_STUCK_AFTER_S = 0.05
"""Longer than a read takes under load, and half the time in which a page is decided."""
LAST_VISITOR = "~"
"""Comes after every pseudonym, which is hexadecimal."""
NOTHING = Forgotten(0, 0)
BELIEVED_S = 1.0
"""For how long a visit at hand is believed where another process may have changed it."""
MOST_OUTRUN = 5


class SqlVisitStore:
    """Satisfies `VisitStore`.

    The visits touched last are kept at hand, so that an answer to a known visitor needs no
    query; what the working set lost is read again. Where other processes write too, a group
    reads and holds the visits that it changes.
    """

    def __init__(self, database: Database, folding: Folding, *, working_set: int = MOST) -> None:
        self._database = database
        self._folding = folding
        believed_s = math.inf if database.sole else BELIEVED_S
        self._at_hand = WorkingSet(working_set, believed_s)
        self._failing = False
        # Where groups hold what they change, the database itself keeps them apart.
        self._turn = asyncio.Lock() if database.sole else nullcontext()
        self._forgotten = 0
        self._commits: Groups[Unit, Recorded] = Groups(
            self._write_group,
            most=WAITING_UNITS,
            group=GROUP_UNITS,
            at_once=1 if database.sole else GROUPS_AT_ONCE,
            waited=database.waited,
        )
        self._reads: Groups[str, Visit | None] = Groups(
            self._read_group,
            most=WAITING_UNITS,
            group=GROUP_UNITS,
            at_once=READS_AT_ONCE,
            stuck_after_s=READ_STUCK_AFTER_S,
            forsake=True,
        )

    async def record(self, unit: Unit) -> Recorded:
        return await self._commits.submit(unit)

    def recall(self, visitor: str) -> Visit | NotAtHand | None:
        return self._at_hand.get(visitor)

    async def latest(self, visitor: str) -> Visit | None:
        known = self.recall(visitor)
        if not isinstance(known, NotAtHand):
            return known
        forgotten = self._forgotten
        found = await self._reads.submit(visitor)
        if forgotten != self._forgotten:  # perhaps this visitor, while the read was under way
            return await self.latest(visitor)
        # A commit that ended meanwhile knows better.
        known = self.recall(visitor)
        return known if isinstance(known, Visit) else self._at_hand.keep(visitor, found)

    def recent(self, since_ms: int) -> Sequence[Visit]:
        return self._at_hand.since(since_ms)

    async def visits_since(
        self,
        since_ms: int,
        after: tuple[str, int] | None,
        limit: int = 5_000,
        until: str | None = None,
    ) -> Sequence[Visit]:
        return await self._database.read(
            visit_rows.page,
            self._database.unpacking,
            since_ms,
            after or ("", 0),
            limit,
            until or LAST_VISITOR,
        )

    async def reassess(self, visits: Sequence[Visit]) -> None:
        if visits:
            await self._database.write(visit_rows.reassess, visits)
        for visit in visits:
            known = self.recall(visit.visitor)
            if isinstance(known, Visit) and same_state(known, visit):
                self._at_hand.keep(visit.visitor, visit)

    async def history(self, visitor: str) -> History:
        return await self._database.read(
            history, self._database.rows, self._database.unpacking, visitor
        )

    async def forget(self, visitor: str) -> Forgotten:
        await self._commits.settle()  # what was taken before is written before
        async with self._turn:  # no group may grow what is at hand of the visitor meanwhile
            forgotten = await self._database.write(delete, self._database.rows, visitor)
            self._at_hand.drop(visitor)
            self._forgotten += 1
        await self._database.leave_no_trace(visitor)
        return forgotten

    async def expire(self, before_ms: int) -> Forgotten:
        erased = [NOTHING]
        while (
            dropped := await self._database.write(self._database.rows.expire, before_ms)
        ) is not None:
            erased.append(Forgotten(0, dropped))
        rows = self._database.rows
        while (deleted := await self._database.write(delete_older, rows, before_ms)) != NOTHING:
            erased.append(deleted)
        self._at_hand.expire(before_ms)
        return Forgotten(*map(sum, zip(*erased, strict=True)))

    async def outcomes(self, since_ms: int) -> Mapping[str, Arm]:
        return await self._database.read(visit_rows.outcomes, since_ms)

    async def prove_writable(self) -> None:
        """Raise `StoreUnavailableError` where nothing can be read, or still not be written.

        That something can be written is tried only after a group could not.
        """
        if not self._failing:
            await self._database.read(self._database.rows.latest, [""])
            return
        await self._database.write(put_note, "written", b"")
        self._failing = False

    async def drain(self) -> None:
        """Return when every unit that was taken has been answered."""
        await self._commits.drain()

    async def _read_group(self, visitors: Sequence[str]) -> Sequence[Visit | None]:
        found = await self._database.read(self._database.rows.latest, visitors)
        return [found.get(visitor) for visitor in visitors]

    async def _write_group(self, units: Sequence[Unit]) -> Sequence[Recorded | Exception]:
        async with self._turn:
            self._failing = True
            results = await self._written(units)
            self._failing = False
            for result in results:
                if isinstance(result, Recorded):
                    for visitor, visit in result.visits.items():
                        self._at_hand.keep(visitor, visit)
            return results

    async def _written(self, units: Sequence[Unit]) -> Sequence[Recorded | Exception]:
        """Write all units at once; where their data are at fault, each in a savepoint of its own.

        So a good group costs four statements, and a bad unit fails alone. A group that another
        process was faster than is written anew as a whole: apart, visits would be held in the
        order in which units came, and groups could wait for one another in turn.
        """
        for _ in range(MOST_OUTRUN):
            try:
                return await self._database.write(self._write_together, units, {})
            except OutrunError:
                continue
            except (ValueError, TypeError):
                break
            except StoreUnavailableError as problem:
                cause = problem.__cause__
                if not isinstance(cause, DBAPIError):
                    raise
                if self._database.blames_data(cause):
                    break
                if not self._database.blames_rivals(cause):
                    raise
        return await self._database.write(self._write_apart, units)

    def _write_apart(
        self, connection: Connection, units: Sequence[Unit]
    ) -> Sequence[Recorded | Exception]:
        results: list[Recorded | Exception] = []
        grown: dict[str, Visit] = {}
        for unit in units:
            try:
                (recorded,) = self._write_anew(connection, [unit], grown)
            except (DBAPIError, ValueError, TypeError) as problem:
                if isinstance(problem, DBAPIError) and not self._database.blames_data(problem):
                    raise
                results.append(StoreUnavailableError(type(problem).__name__))
            else:
                grown.update(recorded.visits)
                results.append(recorded)
        return results

    def _write_anew(
        self, connection: Connection, units: Sequence[Unit], grown: Mapping[str, Visit]
    ) -> list[Recorded]:
        """Write units in a savepoint, as often as another process begins a visit of theirs."""
        for _ in range(MOST_OUTRUN):
            with suppress(OutrunError), connection.begin_nested():
                return self._write_together(connection, units, grown)
        raise StoreUnavailableError("outrun")

    def _write_together(
        self, connection: Connection, units: Sequence[Unit], grown: Mapping[str, Visit]
    ) -> list[Recorded]:
        keys = [event_key(event) for unit in units for event in unit.events]
        known = self._known(units, grown)
        missing = [visitor for visitor, visit in known.items() if isinstance(visit, NotAtHand)]
        found, stored = self._database.rows.held(
            connection, missing, [key for key in keys if key is not None]
        )
        loaded = {
            visitor: found.get(visitor) if isinstance(visit, NotAtHand) else visit
            for visitor, visit in known.items()
        }
        current = dict(loaded)
        results: list[Recorded] = []
        events: list[EventRow] = []
        touched: dict[VisitKey, Visit] = {}
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
            events.extend(
                (e.visitor, ordinal, e.name, e.at, orjson.dumps(e.params).decode(), key and key[1])
                for e, ordinal, key in zip(unit.events, ordinals, own, strict=True)
                if ordinal
            )
            results.append(recorded)
        if touched:
            begun = _begun(touched, loaded)
            self._database.rows.store(connection, touched.values(), events, begun)
        return results

    def _known(
        self, units: Sequence[Unit], grown: Mapping[str, Visit]
    ) -> dict[str, Visit | NotAtHand | None]:
        """Return what is at hand of the visitors of units, and nobody else can have changed."""
        visitors = {event.visitor for unit in units for event in unit.events}
        visitors.update(unit.exposure.visitor for unit in units if unit.exposure)
        if not self._database.sole:
            return dict.fromkeys(visitors, NOT_AT_HAND)
        return {visitor: grown.get(visitor) or self.recall(visitor) for visitor in visitors}


def _begun(touched: Iterable[VisitKey], loaded: Mapping[str, Visit | None]) -> set[VisitKey]:
    """Return the visits that were not there before."""
    ordinals = {visitor: visit.ordinal for visitor, visit in loaded.items() if visit is not None}
    return {key for key in touched if key[1] > ordinals.get(key[0], 0)}
