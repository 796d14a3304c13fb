"""What is specific to SQLite; what every store promises stands in `tests/contract`."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from tests.service import NOON, Parts
from vitrine.adapters.database.sqlite.engine import SqliteDatabase
from vitrine.adapters.database.visits import WAITING_UNITS, SqlVisitStore
from vitrine.domain.event import Event
from vitrine.domain.evidence import Evidence
from vitrine.domain.visit import Folding, Visit
from vitrine.domain.weights import FITTED
from vitrine.usecases.ports import NotAtHand, Recorded, StoreUnavailableError, Unit

SITE = Parts().site
FOLDING = Folding(Evidence(SITE, FITTED), 0.6, SITE.conversions, lambda _: False)
ANN, BEN, CLEO = (letter * 32 for letter in "abc")


def event(visitor: str, event_id: str | None = None, **params: Any) -> Event:
    return Event(visitor, "download_resume", NOON, params, event_id)


@pytest.fixture
def store(database: SqliteDatabase) -> SqlVisitStore:
    return SqlVisitStore(database, FOLDING)


async def stored(database: SqliteDatabase) -> dict[str, int]:
    """Return the events of each visitor as the file has them."""
    visits = await SqlVisitStore(database, FOLDING).visits_since(0, None)
    found = {visit.visitor: visit.events for visit in visits}
    rows = await database.read(lambda c: c.execute(text("SELECT count(*) FROM events")).scalar())
    assert rows == sum(found.values())
    return found


async def record_together(store: SqlVisitStore, *units: Unit) -> list[Any]:
    """Record units so that they share one group: the first waits for the loop's next turn."""
    return await asyncio.gather(*map(store.record, units), return_exceptions=True)


unserialisable = pytest.param(lambda: Unit([event(BEN), event(BEN, odd=object())]), id="object")
too_large = pytest.param(lambda: Unit([event(BEN), event(BEN, odd=2**80)]), id="integer")
refused = pytest.param(
    lambda: Unit([event(BEN), event(BEN)._replace(at=None)]),  # type: ignore[arg-type]
    id="null",
)
no_text = pytest.param(lambda: Unit([event(BEN), event(BEN, odd="\ud800")]), id="surrogate")


@pytest.mark.parametrize("bad", [unserialisable, too_large, refused, no_text])
async def test_a_bad_unit_fails_alone_and_whole(
    database: SqliteDatabase, store: SqlVisitStore, bad: Callable[[], Unit]
) -> None:
    before, broken, after = await record_together(
        store, Unit([event(ANN, "1")]), bad(), Unit([event(CLEO), event(ANN)])
    )
    assert isinstance(broken, StoreUnavailableError)
    assert isinstance(before, Recorded)
    assert isinstance(after, Recorded)
    assert after.visits[ANN].events == 2
    assert await stored(database) == {ANN: 2, CLEO: 1}
    assert await store.latest(BEN) is None
    again = await SqlVisitStore(database, FOLDING).latest(ANN)
    assert again == after.visits[ANN]
    assert (await store.record(Unit([event(BEN)]))).visits[BEN].events == 1


async def test_duplicates_are_found_beside_a_bad_unit(
    database: SqliteDatabase, store: SqlVisitStore
) -> None:
    bad = Unit([event(BEN, odd=object())])
    units = Unit([event(ANN, "1")]), bad, Unit([event(ANN, "1"), event(ANN, "2")])
    first, _, second = await record_together(store, *units)
    assert first.duplicates == frozenset()
    assert second.duplicates == {0}
    assert await stored(database) == {ANN: 2}


async def test_a_dropped_table_fails_all_and_stores_nothing(
    database: SqliteDatabase, store: SqlVisitStore
) -> None:
    await store.record(Unit([event(ANN)]))
    await database.write(lambda c: c.execute(text("ALTER TABLE visits RENAME TO hidden")) and None)
    problems = await record_together(store, Unit([event(ANN)]), Unit([event(BEN)]))
    assert [str(problem) for problem in problems] == ["OperationalError SQLITE_ERROR"] * 2
    assert all(isinstance(problem, StoreUnavailableError) for problem in problems)
    known = store.recall(ANN)
    assert isinstance(known, Visit)
    assert known.events == 1
    await database.write(lambda c: c.execute(text("ALTER TABLE hidden RENAME TO visits")) and None)
    assert await stored(database) == {ANN: 1}
    assert (await store.record(Unit([event(ANN)]))).visits[ANN].events == 2


async def test_a_database_that_refuses_to_write_fails_all_and_stores_nothing(
    database: SqliteDatabase, store: SqlVisitStore
) -> None:
    await database.write(lambda c: c.execute(text("PRAGMA query_only = ON")) and None)
    problems = await record_together(store, Unit([event(ANN)]), Unit([event(BEN)]))
    assert [type(problem) for problem in problems] == [StoreUnavailableError] * 2
    assert await stored(database) == {}
    assert isinstance(store.recall(ANN), NotAtHand)


async def test_a_unit_that_another_process_blocks_is_not_lost_but_refused(
    database: SqliteDatabase, store: SqlVisitStore, tmp_path: Path
) -> None:
    await database.write(lambda c: c.execute(text("PRAGMA busy_timeout = 1")) and None)
    with closing(sqlite3.connect(tmp_path / "vitrine.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreUnavailableError, match="OperationalError"):
            await store.record(Unit([event(ANN)]))
        other.execute("ROLLBACK")
    assert (await store.record(Unit([event(ANN)]))).visits[ANN].events == 1


async def test_more_than_may_wait_is_refused_at_once_and_all_that_waited_is_stored(
    database: SqliteDatabase, store: SqlVisitStore, tmp_path: Path
) -> None:
    units = [Unit([event(f"{number:032x}")]) for number in range(WAITING_UNITS)]
    with closing(sqlite3.connect(tmp_path / "vitrine.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = [asyncio.create_task(store.record(unit)) for unit in units]
        too_many = [asyncio.create_task(store.record(Unit([event(BEN)]))) for _ in range(3)]
        refused, _ = await asyncio.wait(too_many)
        assert {str(task.exception()) for task in refused} == {"over_capacity"}
        assert not any(task.done() for task in waiting)
        other.execute("ROLLBACK")
        await asyncio.gather(*waiting)
    assert len(await stored(database)) == WAITING_UNITS


async def test_the_working_set_is_bounded_and_what_it_lost_is_read_again(
    database: SqliteDatabase,
) -> None:
    store = SqlVisitStore(database, FOLDING, working_set=2)
    for visitor in (ANN, BEN, CLEO):
        await store.record(Unit([event(visitor)]))
    assert isinstance(store.recall(ANN), NotAtHand)
    assert isinstance(store.recall(CLEO), Visit)
    assert (await store.record(Unit([event(ANN)]))).visits[ANN].events == 2
    assert isinstance(store.recall(BEN), NotAtHand)
    found = await store.latest(BEN)
    assert found is not None
    assert found.events == 1
    assert store.recall(BEN) == found


async def test_visitors_who_are_asked_for_at_once_are_read_at_once(
    database: SqliteDatabase, store: SqlVisitStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await SqlVisitStore(database, FOLDING).record(Unit([event(ANN), event(BEN)]))
    asked: list[Sequence[str]] = []
    latest = database.rows.latest

    def noted(connection: Connection, visitors: Sequence[str]) -> dict[str, Visit]:
        asked.append(visitors)
        return latest(connection, visitors)

    monkeypatch.setattr(database.rows, "latest", noted)
    found = await asyncio.gather(*(store.latest(one) for one in (ANN, BEN, CLEO)))
    assert [visit and visit.visitor for visit in found] == [ANN, BEN, None]
    assert asked == [[ANN, BEN, CLEO]]


async def test_that_a_visitor_is_unknown_is_remembered_until_the_first_event(
    store: SqlVisitStore,
) -> None:
    assert isinstance(store.recall(ANN), NotAtHand)
    assert await store.latest(ANN) is None
    assert store.recall(ANN) is None
    await store.record(Unit([event(ANN)]))
    assert isinstance(store.recall(ANN), Visit)


def content(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.glob("vitrine.db*"))


async def test_an_event_id_is_kept_as_a_hash_alone(
    database: SqliteDatabase, store: SqlVisitStore, tmp_path: Path
) -> None:
    await store.record(Unit([event(ANN, "an-id-that-names-somebody")]))
    await database.close()
    kept = content(tmp_path)
    assert ANN.encode() in kept
    assert b"names-somebody" not in kept


async def test_draining_leaves_nothing_unwritten(
    database: SqliteDatabase, store: SqlVisitStore
) -> None:
    recording = [asyncio.create_task(store.record(Unit([event(ANN)]))) for _ in range(10)]
    await asyncio.sleep(0)
    await store.drain()
    assert await stored(database) == {ANN: 10}
    await asyncio.gather(*recording)


async def test_a_failed_group_must_be_followed_by_a_write_before_the_store_is_well(
    database: SqliteDatabase, store: SqlVisitStore
) -> None:
    await store.prove_writable()
    await database.write(lambda c: c.execute(text("ALTER TABLE visits RENAME TO hidden")) and None)
    await record_together(store, Unit([event(ANN)]))
    await database.write(lambda c: c.execute(text("ALTER TABLE notes RENAME TO gone")) and None)
    with pytest.raises(StoreUnavailableError):
        await store.prove_writable()
    await database.write(lambda c: c.execute(text("ALTER TABLE gone RENAME TO notes")) and None)
    await store.prove_writable()


async def test_what_is_no_text_any_more_is_damage_and_holds_up_nobody(
    database: SqliteDatabase, store: SqlVisitStore
) -> None:
    """A flipped bit, as a disk makes it: most of them leave no UTF-8."""
    await store.record(Unit([event(ANN), event(BEN)]))
    flipped = "UPDATE visits SET features = CAST(x'7bff7d' AS TEXT) WHERE visitor = :visitor"
    await database.write(lambda c: c.execute(text(flipped), {"visitor": ANN}).rowcount)
    fresh = SqlVisitStore(database, FOLDING)
    ann, ben = await asyncio.gather(fresh.latest(ANN), fresh.latest(BEN))
    assert ann is not None
    assert ben is not None
    assert (ann.features, bool(ben.features)) == ({}, True)
