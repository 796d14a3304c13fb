from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from time import perf_counter
from typing import Any

import pytest
from sqlalchemy import Connection, event, text

from tests.sites import small_site
from vitrine.adapters.database import watch
from vitrine.adapters.database.archive import SqlArchive
from vitrine.adapters.database.declared import (
    declared_fingerprints,
    declared_pairs,
    declared_texts,
)
from vitrine.adapters.database.log_keys import SqlLogKeys
from vitrine.adapters.database.migrate import migrate
from vitrine.adapters.database.notes import SqlNotes
from vitrine.adapters.database.opinions import SqlOpinions
from vitrine.adapters.database.spending import SqlSpending
from vitrine.adapters.database.sqlite import engine as engine_module
from vitrine.adapters.database.sqlite.engine import SqliteDatabase, sqlite_engine
from vitrine.adapters.database.sqlite.plans import SqlitePlans
from vitrine.adapters.database.statements import statement_of
from vitrine.adapters.database.visits import SqlVisitStore
from vitrine.domain.event import Event
from vitrine.domain.evidence import Evidence
from vitrine.domain.visit import Folding, Visit
from vitrine.domain.weights import FITTED
from vitrine.signals import ConnectionWaited, PlanFound, Signal, StatementExecuted, StatementSlow
from vitrine.usecases.model_ports import KeptOpinion
from vitrine.usecases.ports import StoreUnavailableError, Unit

NAP_S, TICK_S = 0.12, 1e-6


class Clock:
    """A time in which nothing takes long but a nap, however busy the machine is."""

    now = 0.0

    def __call__(self) -> float:
        self.now += TICK_S
        return self.now

    def nap(self, value: Any) -> Any:
        if value:
            self.now += NAP_S
        return value


class Watched:
    """A database of one connection with all that it announces; `nap(x)` naps, gives x."""

    def __init__(self, path: Path, clock: Clock) -> None:
        engine = sqlite_engine(path, 1)
        migrate(engine)
        engine.dispose()
        self.heard: list[Signal] = []
        self.database = SqliteDatabase(engine)
        self.wait_for(60.0)
        self.plans = SqlitePlans(path, self.heard.append)
        self.database.listen(self.heard.append, self.plans)

        @event.listens_for(engine, "connect")
        def _prepare(connection: sqlite3.Connection, _record: object) -> None:
            connection.create_function("nap", 1, clock.nap)

    def wait_for(self, seconds: float) -> None:
        """Have whoever asks for a connection wait so long for one."""
        self.database.engine.pool._timeout = seconds  # type: ignore[attr-defined]

    def of(self, kind: type[Signal]) -> list[Any]:
        return [signal for signal in self.heard if isinstance(signal, kind)]

    def pairs(self) -> list[tuple[str, str]]:
        return [(signal.operation, signal.table) for signal in self.of(StatementExecuted)]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    for module in (watch, engine_module):
        monkeypatch.setattr(module, "perf_counter", made)
    return made


@pytest.fixture
async def watched(tmp_path: Path, clock: Clock) -> AsyncIterator[Watched]:
    """Give a watched database."""
    found = Watched(tmp_path / "vitrine.db", clock)
    yield found
    await found.database.close()


async def test_a_write_is_its_statements_and_a_commit(watched: Watched) -> None:
    await SqlNotes(watched.database).put("a", b"1")
    assert watched.pairs() == [("other", "none"), ("insert", "notes"), ("commit", "none")]
    assert all(0 < signal.seconds < NAP_S for signal in watched.of(StatementExecuted))
    assert watched.of(StatementSlow) == []


async def test_the_end_of_a_read_is_no_commit(watched: Watched) -> None:
    assert await SqlNotes(watched.database).get("a") is None
    assert watched.pairs() == [("other", "none"), ("select", "notes")]


async def test_what_is_rolled_back_is_not_committed(watched: Watched) -> None:
    def half(connection: Connection) -> None:
        connection.execute(text("UPDATE notes SET value = ''"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await watched.database.write(half)
    assert watched.pairs() == [("other", "none"), ("update", "notes")]


async def test_a_slow_statement_is_told_with_its_text_and_no_value(watched: Watched) -> None:
    query = "SELECT nap(:secret) FROM visits WHERE visitor = 'ann' UNION SELECT nap(:secret)"
    await watched.database.read(lambda c: c.execute(text(query), {"secret": "ann"}).all())
    (slow,) = watched.of(StatementSlow)
    assert slow.seconds >= NAP_S
    assert slow.fingerprint.startswith("select_visits_")
    assert slow.db_query == ("SELECT nap(?) FROM visits WHERE visitor = ? UNION SELECT nap(?)")


async def test_the_time_includes_the_rows_that_are_found_while_fetching(watched: Watched) -> None:
    query = text("SELECT nap(value) FROM json_each('[0, 1, 2]')")
    rows = await watched.database.read(lambda c: [row[0] for row in c.execute(query)])
    assert rows == [0, 1, 2]
    (slow,) = watched.of(StatementSlow)
    assert slow.seconds >= 2 * NAP_S


async def test_a_stream_of_rows_stays_one(watched: Watched) -> None:
    looked_at: list[int] = []

    def seen(value: int) -> int:
        looked_at.append(value)
        return value

    def first(connection: Connection) -> Any:
        dbapi = connection.connection.dbapi_connection
        assert dbapi is not None
        dbapi.create_function("seen", 1, seen)
        streaming = connection.execution_options(yield_per=1)
        return streaming.execute(
            text("SELECT seen(value) FROM json_each('[1, 2, 3, 4, 5]')")
        ).first()

    assert await watched.database.read(first) == (1,)
    assert 5 not in looked_at


async def test_a_statement_that_fails_counts_with_the_time_it_took(watched: Watched) -> None:
    def bad(connection: Connection) -> None:
        connection.execute(text("SELECT abs(nap(-9223372036854775808)) FROM json_each('[1]')"))

    with pytest.raises(StoreUnavailableError):
        await watched.database.read(bad)
    assert watched.pairs() == [("other", "none"), ("select", "other")]
    (slow,) = watched.of(StatementSlow)
    assert slow.seconds >= NAP_S


async def test_a_statement_for_many_rows_is_one(watched: Watched) -> None:
    insert = text("INSERT INTO notes (name, value) VALUES (:name, '')")
    await watched.database.write(
        lambda c: c.execute(insert, [{"name": str(n)} for n in range(3)]) and None
    )
    assert watched.pairs().count(("insert", "notes")) == 1
    watched.plans.explain()
    assert [plan.access for plan in watched.of(PlanFound)] == ["none"]


async def test_the_wait_for_a_connection_is_no_part_of_the_query(
    watched: Watched, clock: Clock
) -> None:
    held, go_on = threading.Event(), threading.Event()

    def hold(_connection: Connection) -> None:
        held.set()
        assert go_on.wait(60)

    writing = asyncio.create_task(watched.database.write(hold))
    assert await asyncio.to_thread(held.wait, 60)
    assert watched.database.connections_in_use() == watched.database.connections == 1
    reading = asyncio.create_task(SqlNotes(watched.database).get("a"))
    await asyncio.sleep(0)  # it has asked
    clock.now += NAP_S
    go_on.set()
    await asyncio.gather(writing, reading)
    first, second = watched.of(ConnectionWaited)
    assert first.obtained
    assert second.obtained
    assert second.seconds >= NAP_S
    assert sum(signal.seconds for signal in watched.of(StatementExecuted)) < second.seconds
    assert watched.database.connections_in_use() == 0


async def test_a_wait_that_ends_without_a_connection_is_told_so(
    watched: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "perf_counter", perf_counter)
    watched.wait_for(0.2)
    unavailable = pytest.raises(StoreUnavailableError, match="TimeoutError")
    with watched.database.engine.connect(), unavailable:
        await SqlNotes(watched.database).get("a")
    (waited,) = watched.of(ConnectionWaited)
    assert not waited.obtained
    assert waited.seconds >= 0.2
    assert watched.pairs() == []


async def test_the_program_asks_for_nothing_but_what_is_declared(watched: Watched) -> None:
    site = small_site()
    folding = Folding(Evidence(site, FITTED), 0.5, site.conversions, lambda _visitor: False)
    store = SqlVisitStore(watched.database, folding, working_set=1)
    visits: dict[str, Visit] = {}
    for visitor in ("a" * 32, "b" * 32, "a" * 32):
        event_ = Event(visitor, "project_click", 1_700_000_000_000, {}, "an-id")
        visits |= (await store.record(Unit([event_]))).visits
    await store.latest("c" * 32)
    await store.reassess(list(visits.values()))
    await store.visits_since(0, None)
    await store.outcomes(0)
    await store.history("a" * 32)
    with pytest.raises(StoreUnavailableError):  # a trace, as it seems: another's name has it
        await store.forget("a")
    with pytest.raises(StoreUnavailableError):  # alone in a savepoint, rolled back
        await store.record(Unit([Event("d" * 32, "project_click", 2**70, {}, None)]))
    await SqlNotes(watched.database).put("a", b"")
    await SqlNotes(watched.database).get("a")
    await SqlNotes(watched.database).swap("a", b"", b"1")
    await SqlNotes(watched.database).swap("a", None, b"1")
    keys = SqlLogKeys(watched.database)
    await keys.keep(1, b"a")
    await keys.kept(1)
    await keys.destroy(2)
    spending, opinions = SqlSpending(watched.database), SqlOpinions(watched.database)
    assert await spending.reserve("2026-03-01", 1, 2)
    await spending.settle("2026-03-01", 1, 1)
    assert (await spending.of("2026-03-01")) == (await spending.since("2026-03-01"))
    await opinions.keep("1", [KeptOpinion("aa", {}, None, 0.5, "gemini", "flash", 1)])
    await opinions.since("1", 0, 1)
    await store.expire(2**60)
    archive = SqlArchive(watched.database)
    await archive.crowds(0)
    await archive.events(0)
    await archive.latest(1)
    await archive.past("a" * 32)
    assert set(watched.pairs()) == set(declared_pairs())
    assert set(watched.plans.waiting.values()) == set(declared_texts())
    assert watched.plans._seen <= set(declared_fingerprints())


async def test_a_listener_is_told_of_new_statements_for_the_planner(watched: Watched) -> None:
    query = "SELECT * FROM visits WHERE visitor = ?"
    await watched.database.read(lambda c: c.exec_driver_sql(query, ("x",)).all())
    watched.plans.explain()
    (plan,) = watched.of(PlanFound)
    assert plan == (statement_of(query).fingerprint, "index", query)
