from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.service import NOON, Parts
from vitrine.domain.event import Event
from vitrine.domain.evidence import Evidence
from vitrine.domain.visit import TIMEOUT_MS, Folding, Visit
from vitrine.domain.weights import FITTED
from vitrine.usecases.ports import Unit
from vitrine.usecases.record import duplicates_in, event_key, fold_unit

SITE = Parts().site
FOLDING = Folding(Evidence(SITE, FITTED), 0.6, SITE.conversions, lambda _: False)
LONG = TIMEOUT_MS + 1


def event(visitor: str, at: int = 0, event_id: str | None = None) -> Event:
    return Event(visitor, "download_resume", NOON + at, {}, event_id)


def test_an_event_without_id_has_no_key() -> None:
    assert event_key(event("ann")) is None


def test_a_key_is_of_a_visitor_and_does_not_show_the_id() -> None:
    key = event_key(event("ann", 0, "first"))
    assert key == event_key(event("ann", 5, "first"))
    assert "first" not in repr(key)
    others = [("ben", "first"), ("ann", "second"), ("annf", "irst")]
    assert key not in {event_key(event(visitor, 0, name)) for visitor, name in others}


def test_the_second_of_two_equal_keys_is_the_duplicate() -> None:
    keys = [event_key(event("ann", 0, name)) for name in ("a", None, "b", "a", None)]
    stored = {key for key in keys[2:3] if key is not None}
    assert duplicates_in(keys, stored) == {2, 3}


def test_duplicates_change_nothing_and_have_no_visit() -> None:
    unit = Unit([event("ann"), event("ann", 1), event("ben")])
    recorded, ordinals = fold_unit(unit, frozenset({0, 2}), lambda _: None, FOLDING)
    assert ordinals == [0, 1, 0]
    assert list(recorded.visits) == ["ann"]
    assert recorded.visits["ann"].events == 1
    assert recorded.duplicates == {0, 2}
    assert recorded.visits_started == 1


def test_visits_of_several_visitors_may_end_in_one_unit() -> None:
    unit = Unit([event("ann"), event("ben"), event("ann", LONG), event("ben", 5)])
    recorded, ordinals = fold_unit(unit, frozenset(), lambda _: None, FOLDING)
    assert ordinals == [1, 1, 2, 1]
    assert recorded.visits_started == 3
    assert [(v.visitor, v.ordinal, v.events) for v in recorded.touched] == [
        ("ann", 1, 1),
        ("ann", 2, 1),
        ("ben", 1, 2),
    ]


def test_a_visit_that_was_handed_out_never_changes() -> None:
    first, _ = fold_unit(Unit([event("ann")]), frozenset(), lambda _: None, FOLDING)
    before = first.visits["ann"]
    known = repr(before)
    fold_unit(Unit([event("ann", 1)]), frozenset(), {"ann": before}.get, FOLDING)
    assert repr(before) == known


@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 2)), min_size=1, max_size=12),
    st.data(),
)
def test_however_events_are_cut_into_units_the_visits_count_the_same(
    steps: list[tuple[str, int]], data: st.DataObject
) -> None:
    at = 0
    events = []
    for visitor, pause in steps:
        at += pause * (TIMEOUT_MS // 2 + 1)
        events.append(event(visitor, at))
    cut = data.draw(st.integers(0, len(events)))
    whole, ordinals = fold_unit(Unit(events), frozenset(), lambda _: None, FOLDING)
    current: dict[str, Visit] = {}
    apart: list[int] = []
    started = 0
    for piece in (events[:cut], events[cut:]):
        recorded, own = fold_unit(Unit(piece), frozenset(), current.get, FOLDING)
        current.update(recorded.visits)
        apart += own
        started += recorded.visits_started
    assert apart == ordinals
    assert started == whole.visits_started
    assert {v.visitor: (v.ordinal, v.events) for v in current.values()} == {
        v.visitor: (v.ordinal, v.events) for v in whole.visits.values()
    }
