"""One suite for every `Archive`: what was stored is counted and told alike."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import NamedTuple

import pytest

from tests.contract.conftest import Opened
from tests.sites import small_site
from vitrine.adapters.database.archive import SqlArchive
from vitrine.adapters.database.visits import SqlVisitStore
from vitrine.adapters.memory import MemoryArchive, MemoryVisitStore
from vitrine.domain.event import Event
from vitrine.domain.evidence import Evidence
from vitrine.domain.visit import TIMEOUT_MS, Folding
from vitrine.domain.weights import FITTED
from vitrine.usecases.archive import Archive, Crowd
from vitrine.usecases.ports import Unit, VisitStore

NOON = 1_700_049_600_000
ADA, BOB, EVE = "a" * 32, "b" * 32, "e" * 32
Did = tuple[str, dict[str, str]]
RECRUITED: tuple[Did, ...] = (
    ("section_view", {"section_id": "experience"}),
    ("career_timeline_interact", {"entry_id": "first-job"}),
    ("skill_hover", {"skill_id": "leadership"}),
    ("download_resume", {}),
    ("contact_intent", {"channel": "email"}),
)
ARRIVED: Did = ("section_view", {"section_id": "home"})


class Kept(NamedTuple):
    """A store, and the archive of what it took."""

    store: VisitStore
    archive: Archive


@pytest.fixture
async def kept(opening: Opened | None) -> AsyncIterator[Kept]:
    site = small_site()
    folding = Folding(
        Evidence(site, FITTED), site.threshold, site.conversions, lambda visitor: visitor == BOB
    )
    if opening is None:
        store = MemoryVisitStore(folding)
        yield Kept(store, MemoryArchive(store))
        return
    database = opening()
    real = SqlVisitStore(database, folding)
    yield Kept(real, SqlArchive(database))
    await real.drain()


def events(visitor: str, at: int, *did: Did) -> list[Event]:
    return [
        Event(visitor, name, at + number * 1_000, dict(params))
        for number, (name, params) in enumerate(did)
    ]


async def test_visits_are_counted_by_segment_and_confidence(kept: Kept) -> None:
    await kept.store.record(Unit(events(ADA, NOON, *RECRUITED)))
    await kept.store.record(Unit(events(BOB, NOON, ARRIVED)))
    await kept.store.record(Unit(events(ADA, NOON + TIMEOUT_MS * 2, *RECRUITED[3:])))
    crowds = sorted(await kept.archive.crowds(NOON), key=lambda crowd: str(crowd.segment))
    decided = [crowd for crowd in crowds if crowd.segment == "RECRUITER"]
    assert sum(crowd.visits for crowd in decided) == 2
    assert sum(crowd.first for crowd in decided) == 1
    assert sum(crowd.converted for crowd in decided) == 2
    assert sum(crowd.conversions for crowd in decided) >= 2
    assert all(crowd.bin >= 6 for crowd in decided)
    (undecided,) = (crowd for crowd in crowds if crowd.segment is None)
    assert undecided == Crowd(None, undecided.bin, 1, 1, 0, 0, undecided.confidence)
    assert undecided.bin == int(undecided.confidence * 10)


async def test_only_visits_of_the_time_count(kept: Kept) -> None:
    await kept.store.record(Unit(events(ADA, NOON, *RECRUITED)))
    assert list(await kept.archive.crowds(NOON + 60_000)) == []
    assert dict(await kept.archive.events(NOON + 60_000)) == {}


async def test_events_are_counted_by_segment_and_name(kept: Kept) -> None:
    await kept.store.record(Unit(events(ADA, NOON, *RECRUITED)))
    await kept.store.record(Unit(events(BOB, NOON, ARRIVED)))
    counts = await kept.archive.events(NOON)
    assert counts["RECRUITER", "download_resume"] == 1
    assert counts[None, "section_view"] == 1


async def test_bots_are_in_no_count_but_seen_among_the_latest(kept: Kept) -> None:
    burst = [Event(EVE, "download_resume", NOON + number, {}, f"e{number}") for number in range(30)]
    await kept.store.record(Unit(burst))
    assert list(await kept.archive.crowds(NOON)) == []
    assert dict(await kept.archive.events(NOON)) == {}
    (visit,) = await kept.archive.latest(5)
    assert (visit.visitor, visit.bot) == (EVE, True)


async def test_the_latest_visits_come_first_and_are_so_many(kept: Kept) -> None:
    for number, visitor in enumerate((ADA, BOB, EVE)):
        await kept.store.record(Unit(events(visitor, NOON + number * 1_000, RECRUITED[0])))
    assert [visit.visitor for visit in await kept.archive.latest(2)] == [EVE, BOB]


async def test_a_visitors_past_is_told_in_order(kept: Kept) -> None:
    await kept.store.record(Unit(events(ADA, NOON, *RECRUITED[:2])))
    await kept.store.record(Unit(events(ADA, NOON + TIMEOUT_MS * 2, RECRUITED[3])))
    await kept.store.record(Unit(events(BOB, NOON, RECRUITED[0])))
    first, second = await kept.archive.past(ADA)
    assert (first.visit.ordinal, second.visit.ordinal) == (1, 2)
    assert [(event.name, event.at) for event in first.events] == [
        ("section_view", NOON),
        ("career_timeline_interact", NOON + 1_000),
    ]
    assert first.events[0].params["section_id"] == "experience"
    assert [event.name for event in second.events] == ["download_resume"]
    assert list(await kept.archive.past(EVE)) == []
