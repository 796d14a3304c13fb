from __future__ import annotations

from copy import deepcopy

import pytest

from tests.sites import small_site
from vitrine.domain.event import Event
from vitrine.domain.evidence import Evidence
from vitrine.domain.visit import BURST_EVENTS, TIMEOUT_MS, Folding, Visit
from vitrine.domain.weights import FITTED

SITE = small_site()
START = 1_700_000_000_000
RECRUITER = (
    ("section_view", {"section_id": "experience", "page_referrer": "professional"}),
    ("career_timeline_interact", {"entry_id": "first-job"}),
    ("section_view", {"section_id": "contact"}),
    ("skill_hover", {"skill_id": "leadership"}),
)


def folding(*, held_out: bool = False) -> Folding:
    return Folding(
        Evidence(SITE, FITTED), SITE.threshold, SITE.conversions, lambda visitor: held_out
    )


def event(name: str, after_ms: int = 0, *, clocked: bool = True, **params: str | int) -> Event:
    return Event("somebody", name, START + after_ms, dict(params), clocked=clocked)


def recruiter(after_ms: int = 0) -> list[Event]:
    return [
        Event("somebody", name, START + after_ms + 1_000 * place, dict(params))
        for place, (name, params) in enumerate(RECRUITER)
    ]


def fold(visit: Visit | None, *events: Event, serving: bool = True) -> list[Visit]:
    return folding().fold(visit, events, serving=serving)


def test_no_events_touch_no_visit() -> None:
    assert fold(None) == []


def test_the_first_event_begins_the_first_visit() -> None:
    (visit,) = fold(None, event("section_view", section_id="home", page_referrer="search"))
    assert (visit.visitor, visit.ordinal, visit.events) == ("somebody", 1, 1)
    assert (visit.started, visit.last) == (START, START)
    assert (visit.landing, visit.referrer) == ("home", "search")
    assert visit.segment is None
    assert visit.confidence > 0


def test_folding_in_parts_gives_the_same_visit_as_all_at_once() -> None:
    events = recruiter()
    (whole,) = fold(None, *events, serving=False)
    visit = None
    for each in events:
        (visit,) = fold(visit, each, serving=False)
    assert visit is not None
    assert visit.features == whole.features
    assert (visit.segment, visit.confidence) == (whole.segment, whole.confidence)


def test_a_visit_that_was_handed_out_never_changes() -> None:
    (first,) = fold(None, recruiter()[0])
    before = deepcopy(first)
    (second,) = fold(first, *recruiter()[1:])
    assert first == before
    assert second.events == 4


def test_a_visit_is_decided_and_remembers_after_how_many_events() -> None:
    visit = None
    segments = []
    for each in recruiter():
        (visit,) = fold(visit, each)
        segments.append(visit.segment)
    assert visit is not None
    assert segments[-1] == "RECRUITER"
    assert visit.decided_after == 1 + segments.index("RECRUITER")


def test_half_an_hour_of_silence_ends_a_visit_and_a_moment_less_does_not() -> None:
    still = fold(
        None, event("section_view", section_id="home"), event("download_resume", TIMEOUT_MS)
    )
    assert [visit.events for visit in still] == [2]
    ended = fold(
        None, event("section_view", section_id="home"), event("download_resume", TIMEOUT_MS + 1)
    )
    assert [(visit.ordinal, visit.events) for visit in ended] == [(1, 1), (2, 1)]


def test_a_later_visit_remembers_half_but_not_how_the_last_one_began() -> None:
    (first,) = fold(None, *recruiter())
    (second,) = fold(first, event("project_click", 2 * TIMEOUT_MS, project_id="shop-front"))
    assert second.ordinal == 2
    assert second.features["section:contact"] == 0.5
    assert second.features["project:shop-front"] == 1.0
    assert not [f for f in second.features if f.startswith(("landing:", "referrer:"))]


def test_what_is_remembered_lets_a_later_visit_be_decided_at_once() -> None:
    (first,) = fold(None, *recruiter())
    opening = event("career_timeline_interact", 2 * TIMEOUT_MS)
    (unknown,) = fold(None, opening)
    (known,) = fold(first, opening)
    assert unknown.segment is None
    assert (known.segment, known.decided_after) == ("RECRUITER", 1)
    assert known.exposed_at == first.exposed_at


def test_exposure_is_when_a_decision_was_first_handed_out() -> None:
    (visit,) = fold(None, *recruiter())
    assert visit.exposed_at == visit.last
    (longer,) = fold(visit, event("section_view", 60_000, section_id="skills"))
    assert longer.exposed_at == visit.exposed_at
    (imported,) = fold(None, *recruiter(), serving=False)
    assert imported.exposed_at is None


def test_both_arms_are_exposed_at_the_same_point() -> None:
    (shown,) = folding().fold(None, recruiter(), serving=True)
    (held_out,) = folding(held_out=True).fold(None, recruiter(), serving=True)
    assert held_out.held_out
    assert (held_out.exposed_at, held_out.segment) == (shown.exposed_at, shown.segment)


def test_only_a_conversion_after_exposure_counts_for_the_experiment() -> None:
    (early,) = fold(None, event("contact_intent", channel="email"))
    assert (early.conversions, early.converted) == (1, False)
    (decided,) = fold(early, *recruiter(1_000))
    assert not decided.converted
    (late,) = fold(decided, event("download_resume", 20_000))
    assert (late.conversions, late.converted) == (2, True)


def test_a_conversion_may_demand_a_parameter() -> None:
    (visit,) = fold(None, event("contact_intent", channel="linkedin"))
    assert visit.conversions == 0


@pytest.mark.parametrize(
    ("events", "apart_ms", "clocked", "bot"),
    [
        (BURST_EVENTS + 1, 10, True, True),
        (BURST_EVENTS, 10, True, False),
        (BURST_EVENTS + 1, 10, False, False),
        (3 * BURST_EVENTS, 100, True, False),
    ],
)
def test_more_deliberate_acts_than_a_hand_can_do_mark_a_bot(
    events: int, apart_ms: int, clocked: bool, bot: bool
) -> None:
    clicks = [
        event("project_click", place * apart_ms, clocked=clocked, project_id="shop-front")
        for place in range(events)
    ]
    assert fold(None, *clicks)[-1].bot is bot


def test_a_bot_stays_one_in_its_next_visit() -> None:
    burst = [
        event("project_click", place, project_id="shop-front") for place in range(BURST_EVENTS + 1)
    ]
    (visit,) = fold(None, *burst)
    (later,) = fold(visit, event("section_view", 2 * TIMEOUT_MS, section_id="home"))
    assert later.bot
