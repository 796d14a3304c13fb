from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sites import small_site
from vitrine.domain.rule import rule_for
from vitrine.domain.site import Segment, Sign, SignKind, Site

SITE = small_site()


def _with(*signs: Sign, reasoning: dict[str, str] | None = None) -> Site:
    return replace(SITE, segments=(Segment("S", "Some", signs, reasoning=reasoning),))


def _wide(site: Site) -> Site:
    return replace(site, featured=len(site.projects), highlighted=len(site.skills))


def test_the_default_page_is_the_sites_own_order_and_one_plain_sentence() -> None:
    rule = rule_for(SITE, None, "en", {"project": {"photo-wall": 900.0}}, 900)
    assert rule.segment is None
    assert rule.priority_sections == tuple(SITE.sections)
    assert rule.featured_projects == ("vision-api", "paper-search", "train-tracker")
    assert rule.highlight_skills == tuple(SITE.skills)[: SITE.highlighted]
    assert rule.reasoning == "The page as its owner arranged it."
    assert rule.visits == 0


def test_declared_signs_order_a_segment_before_anybody_came() -> None:
    student = rule_for(SITE, "STUDENT", "en")
    assert student.featured_projects == ("sql-course", "learn-git", "vision-api")
    assert student.highlight_skills[0] == "git"
    assert student.priority_sections[:2] == ("education", "writing")
    assert set(student.priority_sections) == set(SITE.sections)
    assert student.visits == 0


def test_a_negative_sign_pushes_down_and_equals_keep_the_sites_order() -> None:
    site = _wide(_with(Sign(SignKind.PROJECT, "vision-api", -0.1)))
    first, *others = site.projects
    assert rule_for(site, "S", "en").featured_projects == (*others, first)


@pytest.mark.parametrize("strength", [0.1, 0.2])
def test_however_weak_a_sign_it_counts_where_there_is_no_other(strength: float) -> None:
    site = _with(Sign(SignKind.SKILL, "git", strength), Sign(SignKind.TAG, "soft", strength / 2))
    assert rule_for(site, "S", "en").highlight_skills[:3] == ("git", "teamwork", "leadership")


def test_a_sign_of_another_kind_with_the_same_word_orders_nothing() -> None:
    site = _with(Sign(SignKind.LANDING, "contact", 2.0), Sign(SignKind.PROJECT, "git", 2.0))
    rule = rule_for(site, "S", "en")
    assert rule.priority_sections == tuple(SITE.sections)
    assert rule.highlight_skills == tuple(SITE.skills)[: SITE.highlighted]


def test_few_visits_change_no_order_and_many_overrule_the_signs() -> None:
    declared = rule_for(SITE, "STUDENT", "en").featured_projects
    few = rule_for(SITE, "STUDENT", "en", {"project": {"pixel-game": 3.0}}, 3)
    many = rule_for(SITE, "STUDENT", "en", {"project": {"pixel-game": 3000.0}}, 2000)
    assert few.featured_projects == declared
    assert many.featured_projects[0] == "pixel-game"
    assert many.visits == 2000


def test_what_everybody_uses_is_no_reason_to_show_it_to_one_segment() -> None:
    popular = {"project": {"shop-front": 9000.0, "vision-api": 500.0, "photo-wall": 500.0}}
    use = {"project": {"shop-front": 900.0, "photo-wall": 300.0, "vision-api": 50.0}}
    site = _with()
    assert rule_for(site, "S", "en", use, 900).featured_projects[0] == "shop-front"
    relative = rule_for(site, "S", "en", use, 900, popular)
    assert relative.featured_projects[0] == "photo-wall"


def test_on_a_site_that_one_segment_has_to_itself_plain_popularity_counts() -> None:
    use = {"project": {"pixel-game": 900.0, "photo-wall": 1800.0}}
    rule = rule_for(SITE, "STUDENT", "en", use, 900, use)
    assert rule.featured_projects[:2] == ("photo-wall", "pixel-game")


def test_the_position_that_everybody_sees_cancels_out() -> None:
    site = _wide(_with())
    by_position = {item: 1000.0 / (1 + place) for place, item in enumerate(site.projects)}
    of_segment = {item: uses / 4 for item, uses in by_position.items()}
    rule = rule_for(site, "S", "en", {"project": of_segment}, 500, {"project": by_position})
    assert rule.featured_projects == tuple(site.projects)


_USES = st.dictionaries(
    st.sampled_from(["project", "skill", "section", "nonsense"]),
    st.dictionaries(
        st.one_of(
            st.sampled_from([*SITE.projects, *SITE.skills, *SITE.sections]), st.text(max_size=9)
        ),
        st.floats(0, 1e9),
    ),
)


@given(use=_USES, everyone=_USES, visits=st.integers(0, 10**9))
def test_only_what_the_site_declares_comes_out_each_item_once(
    use: dict[str, dict[str, float]], everyone: dict[str, dict[str, float]], visits: int
) -> None:
    rule = rule_for(SITE, "CASUAL", "en", use, visits, everyone)
    assert sorted(rule.priority_sections) == sorted(SITE.sections)
    assert len(set(rule.featured_projects) & set(SITE.projects)) == SITE.featured
    assert len(set(rule.highlight_skills) & set(SITE.skills)) == SITE.highlighted
    assert len(rule.featured_projects) == SITE.featured
    assert len(rule.highlight_skills) == SITE.highlighted


def test_a_site_without_projects_or_skills_still_has_rules() -> None:
    bare = replace(SITE, projects={}, skills={})
    rule = rule_for(bare, "RECRUITER", "en", {"project": {"gone": 9.0}}, 4)
    assert rule.featured_projects == rule.highlight_skills == ()
    assert rule.priority_sections[0] == "experience"


def test_a_segment_that_the_site_does_not_declare_is_an_error() -> None:
    with pytest.raises(KeyError, match="NOBODY"):
        rule_for(SITE, "NOBODY", "en")


@pytest.mark.parametrize(
    ("language", "said"),
    [("de", "Gut so."), ("de-AT", "Gut so."), ("en", "Fine."), ("fr", "Fine.")],
)
def test_the_owners_words_come_in_the_language_or_in_the_first_one(
    language: str, said: str
) -> None:
    site = _with(reasoning={"en": "Fine.", "de": "Gut so."})
    assert rule_for(site, "S", language).reasoning == said


@pytest.mark.parametrize(
    ("language", "visits", "said"),
    [
        ("en", 12, "In 12 visits of this kind, Pixel Game was the project used most."),
        ("en", 1, "In 1 visit of this kind, Pixel Game was the project used most."),
        ("de", 12, "In 12 Besuchen dieser Art war Pixel Game das meistgenutzte Projekt."),
        ("fr", 12, "In 12 visits of this kind, Pixel Game was the project used most."),
    ],
)
def test_what_was_used_most_is_said_with_the_number_of_visits(
    language: str, visits: int, said: str
) -> None:
    use = {"project": {"pixel-game": 5.0, "photo-wall": 4.0, "gone": 99.0}}
    rule = rule_for(_with(reasoning={"en": "Why."}), "S", language, use, visits)
    assert rule.reasoning == f"Why. {said}"


def test_where_two_projects_were_used_equally_the_sentence_is_about_something_else() -> None:
    use = {"project": {"pixel-game": 5.0, "photo-wall": 5.0}, "section": {"home": 2.0}}
    rule = rule_for(_with(), "S", "en", use, 7)
    assert rule.reasoning == (
        "Arranged for visitors of this kind: Some. "
        "In 7 visits of this kind, Home was the section viewed most."
    )


def test_without_visits_no_number_is_said() -> None:
    rule = rule_for(_with(), "S", "de", {"project": {"pixel-game": 5.0}}, 0)
    assert rule.reasoning == "Angeordnet für Besucher dieser Art: Some."


def test_what_the_owner_pins_comes_first_and_the_rest_stays_as_derived() -> None:
    derived = rule_for(SITE, "STUDENT", "en")
    pins = {"section": ("contact", "invented", "home"), "skill": ("docker",)}
    pinned = rule_for(SITE, "STUDENT", "en", pins=pins)
    rest = [one for one in derived.priority_sections if one not in ("contact", "home")]
    assert pinned.priority_sections == ("contact", "home", *rest)
    assert pinned.highlight_skills[0] == "docker"
    assert len(pinned.highlight_skills) == len(derived.highlight_skills)
    assert pinned.featured_projects == derived.featured_projects
    assert rule_for(SITE, "STUDENT", "en", pins={}) == derived
