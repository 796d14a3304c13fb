"""What every database does with a row whose content is not what was written there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from sqlalchemy import text

from tests.contract.conftest import Opened
from tests.sites import small_site
from vitrine.adapters.database.archive import SqlArchive
from vitrine.adapters.database.database import Database
from vitrine.adapters.database.opinions import SqlOpinions
from vitrine.adapters.database.visits import SqlVisitStore
from vitrine.domain.event import Event
from vitrine.domain.evidence import Evidence
from vitrine.domain.visit import Folding
from vitrine.domain.weights import FITTED
from vitrine.signals import RowDamaged, Signal
from vitrine.usecases.model_ports import KeptOpinion
from vitrine.usecases.ports import Unit

ANNA, BEN = "a" * 32, "b" * 32
NOON = 1_700_000_000_000
NO_FEATURES = ("", "{", "null", "[]", '{"event:a": "b"}', '{"event:a": -1}', '{"event:a": true}')
NO_PARAMS = ("", '{"skill_id": ', "7", '{"skill_id": ["sql"]}')


class Opening(NamedTuple):
    """A store with nothing at hand, and what its database announces."""

    database: Database
    store: SqlVisitStore
    heard: list[Signal]

    def damaged(self) -> list[RowDamaged]:
        return [signal for signal in self.heard if isinstance(signal, RowDamaged)]

    async def damage(self, table: str, column: str, words: str) -> None:
        """Overwrite what the row that was written first holds."""
        statement = text(
            f"UPDATE {table} SET {column} = :words WHERE id = (SELECT min(id) FROM {table})"
        )
        await self.database.write(lambda c: c.execute(statement, {"words": words}).rowcount)


class Deaf:
    """Wants no statement explained."""

    def add(self, *_statement: object) -> None:
        pass


@pytest.fixture(params=["sqlite", "postgres"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def reopened(opening: Opened) -> Callable[[], Opening]:
    site = small_site()
    folding = Folding(Evidence(site, FITTED), 0.5, site.conversions, lambda _visitor: False)

    def another() -> Opening:
        database, heard = opening(), list[Signal]()
        database.listen(heard.append, Deaf())
        return Opening(database, SqlVisitStore(database, folding), heard)

    return another


def clicks(visitor: str, *after_ms: int) -> list[Event]:
    project = next(iter(small_site().projects))
    return [
        Event(visitor, "project_click", NOON + after, {"project_id": project}, f"{after}")
        for after in after_ms
    ]


async def test_a_damaged_visit_begins_anew_and_holds_up_nobody(
    reopened: Callable[[], Opening],
) -> None:
    before = reopened()
    kept = (await before.store.record(Unit(clicks(ANNA, *range(12))))).visits[ANNA]
    bens = (await before.store.record(Unit(clicks(BEN, *range(12))))).visits[BEN]
    assert kept.segment is not None
    for words in NO_FEATURES:
        await before.damage("visits", "features", words)
        after = reopened()
        found = await after.store.latest(ANNA)
        assert found is not None
        assert (found.features, found.segment, found.confidence) == ({}, None, 0.0), words
        assert (found.events, found.exposed_at) == (12, kept.exposed_at)
        assert await after.store.visits_since(0, None) == [found, bens]
        assert await SqlArchive(after.database).latest(2) == [bens, found]
        assert after.damaged() == [RowDamaged("visits"), *[RowDamaged("visits", again=True)] * 2]


async def test_the_next_event_mends_a_damaged_visit(reopened: Callable[[], Opening]) -> None:
    await reopened().store.record(Unit(clicks(ANNA, 0, 1)))
    await reopened().damage("visits", "features", '{"event:')
    unit = Unit([*clicks(ANNA, 1, 2), *clicks(BEN, 0)])
    recorded = await reopened().store.record(unit)
    assert recorded.duplicates == {0}
    assert recorded.visits[ANNA].events == 3
    assert recorded.visits[ANNA].features["event:project_click"] == 1.0
    mended = reopened()
    assert await mended.store.latest(ANNA) == recorded.visits[ANNA]
    assert await mended.store.latest(BEN) == recorded.visits[BEN]
    assert mended.damaged() == []


async def test_a_damaged_event_is_told_without_what_it_held(
    reopened: Callable[[], Opening],
) -> None:
    await reopened().store.record(Unit(clicks(ANNA, 0, 1)))
    for words in NO_PARAMS:
        await reopened().damage("events", "params", words)
        after = reopened()
        events: Any = (await after.store.history(ANNA)).events
        assert [bool(event.params) for event in events] == [False, True], words
        (past,) = await SqlArchive(after.database).past(ANNA)
        assert past.events == events
        assert {signal.table for signal in after.damaged()} == {"events"}


async def test_a_damaged_opinion_is_left_out(reopened: Callable[[], Opening]) -> None:
    before, kept = reopened(), KeptOpinion("aa", {"event:a": 2}, None, 0.5, "gemini", "flash", 1)
    await SqlOpinions(before.database).keep("1", [kept, kept._replace(fingerprint="bb")])
    spoil = text("UPDATE opinions SET features = '{\"event:a\": ' WHERE fingerprint = 'bb'")
    await before.database.write(lambda c: c.execute(spoil).rowcount)
    assert await SqlOpinions(before.database).since("1", 0, 9) == [kept]
    assert before.damaged() == [RowDamaged("opinions")]


async def test_a_damaged_visitor_can_be_forgotten(reopened: Callable[[], Opening]) -> None:
    await reopened().store.record(Unit([*clicks(ANNA, 0, 1), *clicks(BEN, 0)]))
    await reopened().damage("visits", "features", "{")
    await reopened().damage("events", "params", "{")
    after = reopened()
    assert await after.store.forget(ANNA) == (1, 2)
    assert await after.store.latest(ANNA) is None
    assert (await after.store.history(BEN)).visits
