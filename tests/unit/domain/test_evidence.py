from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sites import small_site
from vitrine.domain.event import Event
from vitrine.domain.evidence import DEPTHS, Evidence, FeatureWeights, depth, pace
from vitrine.domain.site import Segment, Sign, SignKind
from vitrine.domain.weights import FITTED

SITE = small_site()
EVIDENCE = Evidence(SITE, FITTED)


def event(name: str, **params: str | int) -> Event:
    return Event("somebody", name, 0, dict(params))


def seen(*events: Event) -> FeatureWeights:
    features: FeatureWeights = {}
    for index, each in enumerate(events):
        EVIDENCE.observe(each, features, first=index == 0)
    return features


def row(feature: str) -> dict[str, float]:
    return dict(zip(EVIDENCE.segments, EVIDENCE.rows[feature], strict=True))


@pytest.mark.parametrize(
    ("feature", "segment"),
    [
        ("project:vision-api", "ML_ENGINEER"),
        ("skill:react", "FULLSTACK_DEV"),
        ("section:experience", "RECRUITER"),
        ("event:download_resume", "RECRUITER"),
        ("event:repeat_view", "STUDENT"),
        ("pace:skim", "CASUAL"),
        ("depth:shallow", "CASUAL"),
        ("referrer:developer", "FULLSTACK_DEV"),
        ("landing:education", "STUDENT"),
    ],
)
def test_what_a_segment_declares_speaks_for_it(feature: str, segment: str) -> None:
    spoken = row(feature)
    assert max(spoken, key=lambda name: spoken[name]) == segment
    assert spoken[segment] > 0


def test_a_segment_that_claims_everything_gains_nothing() -> None:
    greedy = Segment(
        "GREEDY",
        "Greedy",
        tuple(Sign(SignKind.PROJECT, project, 2.4) for project in SITE.projects),
    )
    evidence = Evidence(replace(SITE, segments=(greedy,)), FITTED)
    for project in SITE.projects:
        assert evidence.rows[f"project:{project}"] == pytest.approx((0.0,))


@pytest.mark.parametrize("direction", [1, -1])
def test_further_signs_of_one_item_count_half_as_much_as_the_one_before(direction: int) -> None:
    tagged = replace(SITE.projects["vision-api"], tags=frozenset({"one", "two", "three"}))
    site = replace(SITE, projects={**SITE.projects, "vision-api": tagged})

    def rows_of(*signs: Sign) -> object:
        segment = Segment("ANY", "Any", signs)
        return Evidence(replace(site, segments=(segment,)), FITTED).rows["project:vision-api"]

    tags = {"one": 0.4, "two": 2.0, "three": 1.0}
    apart = [Sign(SignKind.TAG, tag, direction * strength) for tag, strength in tags.items()]
    whole = Sign(SignKind.PROJECT, "vision-api", direction * (2.0 + 1.0 / 2 + 0.4 / 4))
    assert rows_of(*apart) == pytest.approx(rows_of(whole))


def test_a_sign_for_and_a_sign_against_the_same_item_cancel_out() -> None:
    signs = (
        Sign(SignKind.PROJECT, "vision-api", 1.4),
        Sign(SignKind.TAG, "ml", -1.4),
    )
    others = tuple(
        Sign(SignKind.PROJECT, name, 1.4)
        for name, item in SITE.projects.items()
        if "ml" in item.tags and name != "vision-api"
    )
    torn = Segment("TORN", "Torn", (*signs, *others))
    rows = Evidence(replace(SITE, segments=(torn,)), FITTED).rows
    assert rows["project:vision-api"] == pytest.approx((0.0,))


def test_nothing_speaks_against_a_segment_louder_than_the_noise_allows() -> None:
    quietest = min(min(log_odds) for log_odds in EVIDENCE.rows.values())
    assert math.log(FITTED.noise) <= quietest < 0


def test_an_average_visitor_draws_each_kind_of_feature_for_certain() -> None:
    """The likelihood ratios are those of distributions: their mean over the draw is one."""
    values = [f"skill:{skill}" for skill in SITE.skills]
    for index in range(len(EVIDENCE.segments)):
        ratios = [math.exp(EVIDENCE.rows[value][index]) for value in values]
        assert sum(ratios) / len(ratios) == pytest.approx(1.0)


def test_other_weights_give_the_same_evidence_as_building_it_anew() -> None:
    weights = FITTED._replace(project=0.1, noise=0.5)
    assert EVIDENCE.weighed(weights).rows == Evidence(SITE, weights).rows
    assert EVIDENCE.weighed(weights).weights == weights
    assert EVIDENCE.weights == FITTED


def test_an_event_shows_itself_its_item_and_its_pace() -> None:
    assert seen(event("project_click", project_id="shop-front")) == {
        "project:shop-front": 1.0,
        "event:project_click": 1.0,
    }
    reading = event("deep_read", project_id="shop-front", duration_ms=30_000)
    assert seen(reading) == {
        "project:shop-front": 1.5,
        "event:deep_read": 1.0,
        "pace:study": 1.0,
    }


@pytest.mark.parametrize(
    ("item", "feature"),
    [
        ("shop-front", "project:shop-front"),
        ("react", "skill:react"),
        ("writing", "section:writing"),
    ],
)
def test_an_item_seen_again_counts_for_its_own_kind(item: str, feature: str) -> None:
    assert seen(event("repeat_view", item_id=item))[feature] == 1.2


def test_a_pointer_that_passes_over_a_skill_says_little() -> None:
    passing = seen(event("skill_hover", skill_id="react", duration_ms=399))
    resting = seen(event("skill_hover", skill_id="react", duration_ms=400))
    untimed = seen(event("skill_hover", skill_id="react"))
    assert passing["skill:react"] == 0.4
    assert resting["skill:react"] == untimed["skill:react"] == 1.0
    assert not [feature for feature in resting if feature.startswith("pace:")]


def test_where_a_visit_begins_is_a_landing_and_not_yet_an_interest() -> None:
    first = event("section_view", section_id="home", page_referrer="search")
    features = seen(first, event("section_view", section_id="writing", page_referrer="social"))
    assert features == {
        "landing:home": 1.0,
        "referrer:search": 1.0,
        "section:writing": 1.0,
        "event:section_view": 2.0,
    }


@pytest.mark.parametrize(
    ("duration_ms", "name"),
    [(0, "skim"), (4_999, "skim"), (5_000, "read"), (24_999, "read"), (25_000, "study")],
)
def test_a_duration_has_a_pace(duration_ms: int, name: str) -> None:
    assert pace(duration_ms) == name


@pytest.mark.parametrize(
    ("percent", "name"),
    [(0, "shallow"), (39, "shallow"), (40, "half"), (79, "half"), (80, "deep"), (100, "deep")],
)
def test_a_percentage_has_a_depth(percent: int, name: str) -> None:
    assert depth(percent) == name


@given(st.lists(st.integers(0, 100), min_size=1, max_size=8))
def test_only_the_deepest_point_of_a_page_counts(percents: list[int]) -> None:
    features = seen(*(event("scroll_depth", percent=percent) for percent in percents))
    reached = [name for name in DEPTHS if f"depth:{name}" in features]
    assert reached == [depth(max(percents))]


def test_contributions_add_up_to_the_lead_over_the_average_segment() -> None:
    features = seen(
        event("section_view", section_id="home", page_referrer="research"),
        event("deep_read", project_id="vision-api", duration_ms=40_000),
        event("skill_hover", skill_id="pytorch"),
        event("skill_hover", skill_id="pytorch"),
    )
    scores, _ = EVIDENCE.scores(features)
    found = EVIDENCE.contributions(features, "ML_ENGINEER")
    lead = scores[0] - sum(scores) / len(scores)
    assert sum(c.log_odds for c in found) == pytest.approx(lead)
    assert found[0].log_odds == max(c.log_odds for c in found)
    assert {c.feature for c in found} == set(features)


def test_features_that_the_site_no_longer_has_are_passed_over() -> None:
    known = {"project:vision-api": 1.0}
    assert EVIDENCE.scores({**known, "project:gone": 9.0}) == EVIDENCE.scores(known)
    assert len(EVIDENCE.contributions({**known, "project:gone": 9.0}, "STUDENT")) == 1


def test_the_more_was_seen_the_less_each_thing_weighs() -> None:
    _, little = EVIDENCE.scores({"project:vision-api": 1.0})
    _, much = EVIDENCE.scores(dict.fromkeys(EVIDENCE.rows, 3.0))
    assert 0 < much < little < 1


def test_a_referrer_class_of_the_sites_own_is_evidence() -> None:
    signs = (Sign(SignKind.REFERRER, "partner", 2.4),)
    partners = Segment("PARTNER", "Partner", signs)
    site = replace(SITE, segments=(partners,), referrers={"partner.example": "partner"})
    assert Evidence(site, FITTED).rows["referrer:partner"][0] > 1
