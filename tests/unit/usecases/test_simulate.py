from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sites import reader_of, small_site
from vitrine.domain.event import Event, EventType, ParameterKind
from vitrine.domain.site import Segment, Sign, SignKind, Site
from vitrine.usecases.personas import NO_KIND_SHARE, STYLES, styles_for
from vitrine.usecases.simulate import MOST_EVENTS, simulate, style_weights

SITE = small_site()
NOW = 1_700_000_000_000


def foreign_site() -> Site:
    """A site whose segments no style knows."""
    signs = (
        Sign(SignKind.TAG, "ml", 2.4),
        Sign(SignKind.EVENT, "deep_read", 1.4),
        Sign(SignKind.PACE, "study", 1.4),
        Sign(SignKind.REFERRER, "search", 1.4),
    )
    return replace(SITE, segments=(Segment("TINKERER", "Tinkerer", signs),))


def test_the_same_seed_makes_the_same_visitors() -> None:
    assert list(simulate(SITE, 5, 20)) == list(simulate(SITE, 5, 20))
    assert list(simulate(SITE, 5, 20)) != list(simulate(SITE, 6, 20))


@settings(max_examples=25)
@given(st.integers(), st.sampled_from([SITE, foreign_site()]))
def test_the_service_takes_every_event_as_it_is(seed: int, site: Site) -> None:
    reader = reader_of(site)
    for visitor in simulate(site, seed, 3):
        for body in visitor.bodies("somebody", NOW):
            event, dropped = reader.read(body, "pseudonym", body["event_timestamp"])
            assert isinstance(event, Event)
            assert dropped == ()


def test_all_kinds_come_alike_and_some_are_of_no_kind() -> None:
    kinds = Counter(visitor.kind for visitor in simulate(SITE, 1, 4_000, events=1))
    assert kinds[None] / 4_000 == pytest.approx(NO_KIND_SHARE, abs=0.02)
    for segment in SITE.segment_ids:
        assert kinds[segment] / 4_000 == pytest.approx((1 - NO_KIND_SHARE) / 5, abs=0.02)


def test_every_kind_has_several_styles() -> None:
    styles = Counter(style.kind for style in STYLES)
    assert min(styles.values()) >= 3
    assert set(styles) == {*SITE.segment_ids, None}
    assert sum(style_weights(STYLES)) == pytest.approx(1.0)


def test_a_visit_has_the_length_that_was_asked_for() -> None:
    assert {len(visitor.events) for visitor in simulate(SITE, 1, 10, events=7)} == {7}
    lengths = {len(visitor.events) for visitor in simulate(SITE, 1, 300)}
    assert min(lengths) == 1
    assert 10 < max(lengths) <= MOST_EVENTS


def test_visitors_come_without_end_unless_a_number_is_given() -> None:
    assert len(list(islice(simulate(SITE, 1), 250))) == 250


def test_the_events_of_a_visit_follow_each_other() -> None:
    for visitor in simulate(SITE, 2, 30):
        times = [event.after_ms for event in visitor.events]
        assert times == sorted(times)


def test_only_the_first_event_names_a_referrer() -> None:
    visitors = list(simulate(SITE, 4, 60, events=5))
    named = [
        ["page_referrer" in event.body["event_params"] for event in visitor.events]
        for visitor in visitors
    ]
    assert any(first for first, *_ in named)
    assert not any(any(later) for _, *later in named)


def test_a_segment_that_no_style_knows_gets_visitors_by_its_own_signs() -> None:
    site = foreign_site()
    assert {style.kind for style in styles_for(site)} == {"TINKERER", None}
    clicks: Counter[str] = Counter()
    for visitor in simulate(site, 3, 400):
        if visitor.kind == "TINKERER":
            clicks.update(
                event.body["event_params"]["project_id"]
                for event in visitor.events
                if event.body["event_name"] == "project_click"
            )
    ml = sum(clicks[name] for name, item in site.projects.items() if "ml" in item.tags)
    assert ml / clicks.total() > 0.6


def test_a_site_with_next_to_nothing_has_visitors_all_the_same() -> None:
    empty = {ParameterKind.PROJECT, ParameterKind.SKILL, ParameterKind.CHANNEL}
    types = {
        name: EventType(
            name,
            tuple(
                replace(parameter, choices=frozenset()) if parameter.kind in empty else parameter
                for parameter in kind.parameters
                if parameter.kind not in {ParameterKind.ITEM, ParameterKind.TIMELINE}
            ),
        )
        for name, kind in SITE.event_types.items()
    }
    site = replace(SITE, projects={}, skills={}, event_types=types)
    reader = reader_of(site)
    names = set()
    for visitor in simulate(site, 1, 60):
        for body in visitor.bodies("somebody", NOW):
            assert isinstance(reader.read(body, "pseudonym", body["event_timestamp"])[0], Event)
            names.add(body["event_name"])
    assert {"section_view", "contact_intent"} <= names
    assert not names & {"project_click", "deep_read", "skill_hover"}
