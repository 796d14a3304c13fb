"""Whatever happens in whatever order, a store keeps what a plain model of it says."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.contract.test_visit_store import NOON, folding
from tests.soaking import SOAKING
from vitrine.adapters.database.migrate import migrate
from vitrine.adapters.database.sqlite.engine import SqliteDatabase, sqlite_engine
from vitrine.adapters.database.visits import SqlVisitStore
from vitrine.adapters.memory import MemoryVisitStore
from vitrine.domain.event import Event
from vitrine.domain.visit import TIMEOUT_MS
from vitrine.usecases.ports import Unit, VisitStore

T = TypeVar("T")

STEPS = settings(max_examples=500 if SOAKING else 20, stateful_step_count=25)
ANNA, BEN = "a" * 32, "b" * 32
VISITORS = st.sampled_from([ANNA, BEN])
SECOND_MS = 1_000
PAUSES = st.sampled_from([0, SECOND_MS, TIMEOUT_MS, TIMEOUT_MS + 1])
EVENT_IDS = st.none() | st.sampled_from("uvw")
SENT = st.lists(st.tuples(VISITORS, PAUSES, EVENT_IDS), min_size=1, max_size=4)


class Known(NamedTuple):
    """What the model keeps of an event."""

    ordinal: int
    at: int
    event_id: str | None


class StoreMachine(RuleBasedStateMachine):
    """Time only goes on; the model is a list of events for each visitor."""

    store: VisitStore

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.now = NOON
        self.model: dict[str, list[Known]] = {ANNA: [], BEN: []}

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def teardown(self) -> None:
        self.loop.close()

    @rule(sent=SENT)
    def record(self, sent: list[tuple[str, int, str | None]]) -> None:
        events = []
        duplicates = set()
        for index, (visitor, pause, event_id) in enumerate(sent):
            self.now += pause
            events.append(Event(visitor, "section_view", self.now, {}, event_id))
            if not self._took(visitor, event_id):
                duplicates.add(index)
        assert self.run(self.store.record(Unit(events))).duplicates == duplicates

    def _took(self, visitor: str, event_id: str | None) -> bool:
        kept = self.model[visitor]
        if event_id is not None and event_id in {known.event_id for known in kept}:
            return False
        ordinal = 1
        if kept:
            ended = self.now - kept[-1].at > TIMEOUT_MS
            ordinal = kept[-1].ordinal + ended
        kept.append(Known(ordinal, self.now, event_id))
        return True

    @rule(visitor=VISITORS)
    def forget(self, visitor: str) -> None:
        kept = self.model[visitor]
        forgotten = self.run(self.store.forget(visitor))
        assert forgotten == (len({known.ordinal for known in kept}), len(kept))
        self.model[visitor] = []

    @rule(age=st.sampled_from([-1, 0, SECOND_MS, TIMEOUT_MS, 2 * TIMEOUT_MS]))
    def expire(self, age: int) -> None:
        before = self.now - age
        visits = events = 0
        for visitor, kept in self.model.items():
            last = {known.ordinal: known.at for known in kept}
            gone = {ordinal for ordinal, at in last.items() if at < before}
            self.model[visitor] = [known for known in kept if known.ordinal not in gone]
            visits += len(gone)
            events += len(kept) - len(self.model[visitor])
        assert self.run(self.store.expire(before)) == (visits, events)

    @invariant()
    def keeps_what_the_model_keeps(self) -> None:
        for visitor, kept in self.model.items():
            visits, events = self.run(self.store.history(visitor))
            assert [event.at for event in events] == [known.at for known in kept]
            told = [known.ordinal for known in kept]
            counted = [(ordinal, told.count(ordinal)) for ordinal in sorted(set(told))]
            assert [(visit.ordinal, visit.events) for visit in visits] == counted
            latest = self.run(self.store.latest(visitor))
            assert (None if latest is None else latest.ordinal) == max(told, default=None)


class MemoryMachine(StoreMachine):
    def __init__(self) -> None:
        super().__init__()
        self.store = MemoryVisitStore(folding())


@cache
def migrated() -> Path:
    """Return a file at the present schema, to be copied."""
    path = Path(tempfile.mkdtemp(prefix="migrated-")) / "vitrine.db"
    engine = sqlite_engine(path, 1)
    migrate(engine)
    engine.dispose()
    return path


class SqliteMachine(StoreMachine):
    """The same, closed and opened again now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="machine-"))
        shutil.copy(migrated(), self.folder / "vitrine.db")
        self._open()

    def _open(self) -> None:
        self.database = SqliteDatabase(sqlite_engine(self.folder / "vitrine.db", 2))
        self.store = SqlVisitStore(self.database, folding())

    @precondition(lambda self: any(self.model.values()))
    @rule()
    def reopen(self) -> None:
        self.run(self.database.close())
        self._open()

    def teardown(self) -> None:
        self.run(self.database.close())
        shutil.rmtree(self.folder)
        super().teardown()


TestMemory = MemoryMachine.TestCase
TestMemory.settings = STEPS
TestSqlite = SqliteMachine.TestCase
TestSqlite.settings = STEPS
