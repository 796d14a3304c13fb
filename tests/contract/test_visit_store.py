"""One suite for every `VisitStore`: what memory promises, the real ones keep."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.contract.conftest import Opened
from tests.sites import small_site
from vitrine.adapters.database.visits import SqlVisitStore
from vitrine.adapters.memory import MemoryVisitStore
from vitrine.domain.event import Event
from vitrine.domain.evidence import Evidence
from vitrine.domain.experiment import Arm
from vitrine.domain.visit import TIMEOUT_MS, Folding
from vitrine.domain.weights import FITTED
from vitrine.usecases.ports import Exposure, NotAtHand, Unit, VisitStore

ANNA, BEN = "a" * 32, "b" * 32
NOON = 1_700_000_000_000


def folding() -> Folding:
    site = small_site()
    return Folding(Evidence(site, FITTED), 0.5, site.conversions, lambda visitor: visitor == BEN)


@pytest.fixture
def reopened(opening: Opened | None) -> Callable[[], VisitStore]:
    """Give a way to open the same data again, with nothing at hand."""
    if opening is None:
        kept = MemoryVisitStore(folding())
        return lambda: kept
    return lambda: SqlVisitStore(opening(), folding())


@pytest.fixture
def store(reopened: Callable[[], VisitStore]) -> VisitStore:
    return reopened()


def click(visitor: str, after_ms: int = 0, event_id: str | None = None) -> Event:
    project = next(iter(small_site().projects))
    return Event(visitor, "project_click", NOON + after_ms, {"project_id": project}, event_id)


async def test_an_unknown_visitor_has_no_visit(store: VisitStore) -> None:
    assert await store.latest(ANNA) is None
    assert store.recall(ANNA) is None or isinstance(store.recall(ANNA), NotAtHand)


async def test_a_recorded_visit_is_found_again(store: VisitStore) -> None:
    recorded = await store.record(Unit([click(ANNA), click(ANNA, 1_000)]))
    assert recorded.visits_started == 1
    assert recorded.visits[ANNA].events == 2
    assert await store.latest(ANNA) == recorded.visits[ANNA]
    assert store.recall(ANNA) == recorded.visits[ANNA]


async def test_a_visit_survives_reopening_in_every_field(
    reopened: Callable[[], VisitStore],
) -> None:
    recorded = await reopened().record(Unit([click(BEN, n * 100, f"id-{n}") for n in range(4)]))
    assert await reopened().latest(BEN) == recorded.visits[BEN]


async def test_the_same_event_id_counts_once_within_and_across_units(store: VisitStore) -> None:
    first = await store.record(Unit([click(ANNA, 0, "one"), click(ANNA, 5, "one")]))
    assert first.duplicates == {1}
    second = await store.record(Unit([click(ANNA, 9, "one"), click(ANNA, 9, "two")]))
    assert second.duplicates == {0}
    assert second.visits[ANNA].events == 2


async def test_duplicates_are_known_after_reopening(reopened: Callable[[], VisitStore]) -> None:
    await reopened().record(Unit([click(ANNA, 0, "one")]))
    again = await reopened().record(Unit([click(ANNA, 0, "one")]))
    assert again.duplicates == {0}
    assert again.visits == {}


async def test_nobody_can_use_up_the_event_ids_of_somebody_else(store: VisitStore) -> None:
    await store.record(Unit([click(ANNA, 0, "one")]))
    assert (await store.record(Unit([click(BEN, 0, "one")]))).duplicates == frozenset()


async def test_half_an_hour_of_silence_starts_the_next_visit(store: VisitStore) -> None:
    unit = Unit([click(ANNA), click(ANNA, TIMEOUT_MS + 1)])
    recorded = await store.record(unit)
    assert [visit.ordinal for visit in recorded.touched] == [1, 2]
    assert recorded.visits_started == 2
    grown = await store.record(Unit([click(ANNA, TIMEOUT_MS + 2)]))
    assert (grown.visits[ANNA].ordinal, grown.visits[ANNA].events) == (2, 2)
    assert grown.visits_started == 0


async def test_one_unit_may_speak_of_several_visitors(store: VisitStore) -> None:
    recorded = await store.record(Unit([click(ANNA), click(BEN), click(ANNA, 1)]))
    assert {who: visit.events for who, visit in recorded.visits.items()} == {ANNA: 2, BEN: 1}


async def test_visits_are_paged_in_key_order_and_by_age(store: VisitStore) -> None:
    await store.record(Unit([click(ANNA), click(BEN), click(BEN, TIMEOUT_MS + 1)]))
    page = await store.visits_since(NOON, None, 2)
    assert [(visit.visitor, visit.ordinal) for visit in page] == [(ANNA, 1), (BEN, 1)]
    rest = await store.visits_since(NOON, (BEN, 1), 2)
    assert [(visit.visitor, visit.ordinal) for visit in rest] == [(BEN, 2)]
    recent = await store.visits_since(NOON + 1, None)
    assert [(visit.visitor, visit.ordinal) for visit in recent] == [(BEN, 2)]


async def test_a_reassessment_changes_what_is_stored_and_at_hand(
    reopened: Callable[[], VisitStore],
) -> None:
    store = reopened()
    visit = (await store.record(Unit([click(ANNA)]))).visits[ANNA]
    await store.reassess([replace(visit, segment="OTHER", confidence=0.9)])
    for found in (await store.latest(ANNA), await reopened().latest(ANNA)):
        assert found is not None
        assert (found.segment, found.confidence) == ("OTHER", 0.9)


async def test_a_reassessment_of_a_visit_that_grew_meanwhile_changes_nothing(
    reopened: Callable[[], VisitStore],
) -> None:
    store = reopened()
    stale = (await store.record(Unit([click(ANNA)]))).visits[ANNA]
    grown = (await store.record(Unit([click(ANNA, 1)]))).visits[ANNA]
    await store.reassess([replace(stale, segment="OTHER", confidence=0.9)])
    assert await store.latest(ANNA) == grown
    assert await reopened().latest(ANNA) == grown


async def test_outcomes_count_each_exposed_visitor_once_in_their_arm(store: VisitStore) -> None:
    strong = [click(who, n) for who in (ANNA, BEN) for n in range(12)]
    recorded = await store.record(Unit(strong))
    assert all(visit.exposed_at is not None for visit in recorded.visits.values())
    conversion = small_site().conversions[0]
    converted = Event(ANNA, conversion.event, NOON + 100, dict(conversion.params))
    await store.record(Unit([converted]))
    assert await store.outcomes(0) == {
        "personalized": Arm(1, 1),
        "holdout": Arm(1, 0),
    }
    assert await store.outcomes(NOON + 1_000_000) == {
        "personalized": Arm(0, 0),
        "holdout": Arm(0, 0),
    }


async def test_what_nobody_was_shown_is_no_exposure(store: VisitStore) -> None:
    await store.record(Unit([click(ANNA, n) for n in range(12)], serving=False))
    assert (await store.outcomes(0))["personalized"] == Arm(0, 0)


async def test_an_exposure_without_an_event_is_noted_once_and_kept(
    reopened: Callable[[], VisitStore],
) -> None:
    store = reopened()
    unit = Unit([click(ANNA, n) for n in range(12)], serving=False)
    decided = (await store.record(unit)).visits[ANNA]
    assert decided.segment is not None
    assert decided.exposed_at is None
    await store.record(Unit((), exposure=Exposure(ANNA, NOON + 50)))
    await store.record(Unit((), exposure=Exposure(ANNA, NOON + 99)))
    for found in (await store.latest(ANNA), await reopened().latest(ANNA)):
        assert found is not None
        assert found.exposed_at == NOON + 50
    assert (await store.outcomes(0))["personalized"] == Arm(1, 0)


async def test_an_exposure_of_an_undecided_or_unknown_visitor_changes_nothing(
    store: VisitStore,
) -> None:
    for exposure in (Exposure(ANNA, NOON), Exposure(BEN, NOON)):
        recorded = await store.record(Unit((), exposure=exposure))
        assert recorded.touched == []
    assert await store.latest(ANNA) is None


async def test_who_was_exposed_in_an_earlier_visit_may_convert_in_a_later_one(
    store: VisitStore,
) -> None:
    await store.record(Unit([click(ANNA, n) for n in range(12)]))
    conversion = small_site().conversions[0]
    later = NOON + TIMEOUT_MS * 2
    await store.record(Unit([Event(ANNA, conversion.event, later, dict(conversion.params))]))
    assert (await store.outcomes(0))["personalized"] == Arm(1, 1)


async def test_events_of_a_known_bot_are_refused_also_after_reopening(
    reopened: Callable[[], VisitStore],
) -> None:
    burst = Unit([click(ANNA, n) for n in range(30)])
    assert (await reopened().record(burst)).visits[ANNA].bot
    again = await reopened().record(Unit([click(ANNA, 50, "one"), click(BEN)]))
    assert again.refused == {0}
    assert set(again.visits) == {BEN}
    known = await reopened().latest(ANNA)
    assert known is not None
    assert known.events == 30


async def test_events_of_a_unit_are_put_in_the_order_of_their_times(store: VisitStore) -> None:
    hour = 3_600_000
    recorded = await store.record(Unit([click(ANNA, 0), click(ANNA, 9 * hour), click(ANNA, hour)]))
    assert [(v.ordinal, v.started - NOON, v.events) for v in recorded.touched] == [
        (1, 0, 1),
        (2, hour, 1),
        (3, 9 * hour, 1),
    ]


async def test_what_has_no_time_of_its_own_keeps_the_order_in_which_it_came(
    store: VisitStore,
) -> None:
    project = next(iter(small_site().projects))
    lines = [
        Event(ANNA, "project_click", NOON + at, {"project_id": project}, None, clocked=False)
        for at in (5_000, 0, 9_000)
    ]
    recorded = await store.record(Unit(lines, serving=False))
    assert recorded.visits[ANNA].started == NOON + 5_000


async def test_all_that_is_kept_of_a_visitor_is_handed_out_oldest_first(store: VisitStore) -> None:
    await store.record(Unit([click(ANNA), click(BEN), click(ANNA, TIMEOUT_MS + 1, "late")]))
    visits, events = await store.history(ANNA)
    assert [(visit.visitor, visit.ordinal) for visit in visits] == [(ANNA, 1), (ANNA, 2)]
    assert [(event.visitor, event.name, event.at) for event in events] == [
        (ANNA, "project_click", NOON),
        (ANNA, "project_click", NOON + TIMEOUT_MS + 1),
    ]
    assert events[0].params == click(ANNA).params
    assert await store.history("c" * 32) == ([], [])


async def test_who_is_forgotten_was_never_here_and_others_were(
    reopened: Callable[[], VisitStore],
) -> None:
    store = reopened()
    await store.record(Unit([click(ANNA, 0, "one"), click(BEN), click(ANNA, TIMEOUT_MS + 1)]))
    assert await store.forget(ANNA) == (2, 2)
    for kept in (store, reopened()):
        assert await kept.latest(ANNA) is None
        assert await kept.history(ANNA) == ([], [])
        assert [visit.visitor for visit in await kept.visits_since(0, None)] == [BEN]
        assert len((await kept.history(BEN)).events) == 1
    assert store.recent(0) == [] or [visit.visitor for visit in store.recent(0)] == [BEN]
    again = await store.record(Unit([click(ANNA, 0, "one")]))
    assert again.duplicates == frozenset()
    assert (again.visits[ANNA].ordinal, again.visits[ANNA].events) == (1, 1)


async def test_forgetting_somebody_unknown_or_twice_changes_nothing(store: VisitStore) -> None:
    await store.record(Unit([click(ANNA)]))
    assert await store.forget(BEN) == (0, 0)
    assert await store.forget(ANNA) == (1, 1)
    assert await store.forget(ANNA) == (0, 0)


async def test_what_waits_to_be_written_is_forgotten_as_well(store: VisitStore) -> None:
    waiting = [asyncio.create_task(store.record(Unit([click(ANNA, n)]))) for n in range(20)]
    await asyncio.sleep(0)  # each has handed its unit over
    await store.forget(ANNA)
    await asyncio.gather(*waiting)
    assert await store.history(ANNA) == ([], [])
    assert await store.latest(ANNA) is None


async def test_an_exposure_of_a_forgotten_visitor_brings_nobody_back(store: VisitStore) -> None:
    await store.record(Unit([click(ANNA)]))
    await store.forget(ANNA)
    await store.record(Unit((), exposure=Exposure(ANNA, NOON)))
    assert await store.history(ANNA) == ([], [])


async def test_a_reassessment_of_a_visit_that_began_anew_changes_nothing(
    store: VisitStore,
) -> None:
    stale = (await store.record(Unit([click(ANNA)]))).visits[ANNA]
    await store.forget(ANNA)
    fresh = (await store.record(Unit([click(ANNA, 1)]))).visits[ANNA]
    await store.reassess([replace(stale, segment="OTHER", confidence=0.9)])
    assert await store.latest(ANNA) == fresh


async def test_a_page_ends_before_the_visitor_that_it_shall_not_reach(store: VisitStore) -> None:
    await store.record(Unit([click(ANNA), click(BEN)]))
    assert [v.visitor for v in await store.visits_since(0, None, until=BEN)] == [ANNA]
    assert [v.visitor for v in await store.visits_since(0, (ANNA, 1), until="c")] == [BEN]


async def test_visits_that_ended_before_a_time_go_with_their_events_and_others_stay(
    store: VisitStore, reopened: Callable[[], VisitStore]
) -> None:
    year_ms = 365 * 86_400_000
    await store.record(Unit([click(ANNA), click(BEN), click(BEN, 1_000)]))
    await store.record(Unit([click(BEN, year_ms), click(BEN, year_ms + 1)]))
    assert await store.expire(NOON + year_ms) == (2, 3)
    for one in (store, reopened()):
        assert await one.latest(ANNA) is None
        assert [visit.ordinal for visit in (await one.history(BEN)).visits] == [2]
        assert len((await one.history(BEN)).events) == 2
    assert await store.expire(NOON + year_ms) == (0, 0)
    again = await store.record(Unit([click(ANNA, year_ms)]))
    assert (again.visits[ANNA].ordinal, again.visits_started) == (1, 1)


async def test_a_visitor_whose_every_visit_has_expired_may_come_with_the_same_event_again(
    store: VisitStore,
) -> None:
    await store.record(Unit([click(ANNA, 0, "one"), click(ANNA, TIMEOUT_MS + 1, "two")]))
    assert await store.expire(NOON + TIMEOUT_MS + 2) == (2, 2)
    again = await store.record(Unit([click(ANNA, TIMEOUT_MS + 3, "one")]))
    assert (again.duplicates, again.visits[ANNA].ordinal) == (frozenset(), 1)
