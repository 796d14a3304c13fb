from dataclasses import replace

import pytest

from tests.sites import reader_of, small_site
from vitrine.adapters.site_file import find_site, load_site
from vitrine.domain.event import Event
from vitrine.domain.site import Segment, Sign, SignKind, Site
from vitrine.usecases.sample import EVENTS, sample_visit

SITE = small_site()


def visit(*signs: tuple[SignKind, str, float], site: Site = SITE) -> list[tuple[str, object]]:
    segment = Segment("S", "S", tuple(Sign(*sign) for sign in signs))
    return [
        (event.name, next(iter(event.params.values()), None))
        for event in sample_visit(site, segment)
    ]


def test_without_signs_somebody_opens_the_first_section() -> None:
    assert visit() == [("section_view", "home")]


def test_the_strongest_signs_are_acted_out_first() -> None:
    acts = visit(
        (SignKind.PROJECT, "shop-front", 0.7),
        (SignKind.EVENT, "download_resume", 2.4),
        (SignKind.SKILL, "react", 1.4),
    )
    assert acts == [
        ("section_view", "home"),
        ("download_resume", None),
        ("skill_hover", "react"),
        ("project_click", "shop-front"),
    ]


def test_negative_signs_are_not_acted_out() -> None:
    assert visit((SignKind.EVENT, "contact_intent", -1.0)) == [("section_view", "home")]


def test_a_tag_stands_for_what_the_signs_like_best_among_its_items() -> None:
    acts = visit((SignKind.TAG, "ml", 1.0), (SignKind.TAG, "nlp", 0.5))
    assert acts[1:] == [("project_click", "paper-search"), ("skill_hover", "transformers")]


def test_a_visit_opens_where_its_people_come_from_and_land() -> None:
    segment = Segment(
        "S",
        "S",
        (Sign(SignKind.LANDING, "writing", 1.0), Sign(SignKind.REFERRER, "research", 0.5)),
    )
    first = sample_visit(SITE, segment)[0]
    assert first.params["section_id"] == "writing"
    assert first.params["page_referrer"] == "research"


def test_pace_and_depth_show_in_durations_and_percents() -> None:
    segment = Segment("S", "S", (Sign(SignKind.PACE, "skim", 1.0), Sign(SignKind.DEPTH, "deep", 2)))
    first, scroll = sample_visit(SITE, segment)
    assert first.params["duration_ms"] == 2_500
    assert (scroll.name, scroll.params) == ("scroll_depth", {"percent": 100})


def test_what_a_site_has_no_value_for_does_not_happen() -> None:
    bare = replace(SITE, projects={})
    assert visit((SignKind.EVENT, "project_click", 2.0), site=bare) == [("section_view", "home")]


def test_a_visit_is_no_longer_than_asked_and_does_nothing_twice() -> None:
    segment = SITE.segments[0]
    for events in (1, 3, EVENTS):
        acts = sample_visit(SITE, segment, events)
        assert len(acts) == events
        gists = [(act.name, sorted(act.params.items())) for act in acts]
        assert all(gist not in gists[:index] for index, gist in enumerate(gists))


@pytest.mark.parametrize("name", ["portfolio", "semicomplete"])
def test_a_sample_visit_is_one_that_the_site_would_accept(name: str) -> None:
    site = load_site(find_site(name))
    reader = reader_of(site)
    for segment in site.segments:
        for event in sample_visit(site, segment):
            params = {
                key: f"https://{value}/" if key == "url" else value
                for key, value in event.params.items()
                if key != "page_referrer"
            }
            found, dropped = reader.read({"event_name": event.name, "event_params": params}, "v", 0)
            assert isinstance(found, Event), (segment.id, found)
            assert dropped == ()
