from __future__ import annotations

import pytest

from tests.sites import small_site
from vitrine.domain.evidence import Evidence
from vitrine.domain.fingerprint import STRONGEST, fingerprint_of, levels_of
from vitrine.domain.opinion import MOST_OPINIONS, Opinion, Opinions
from vitrine.domain.segment import assess, assess_many
from vitrine.domain.weights import FITTED

SITE = small_site()
EVIDENCE = Evidence(SITE, FITTED)
UNSURE = {"project:train-tracker": 1.0, "pace:read": 1.0}
CLEAR = {"event:download_resume": 2.0, "section:experience": 4.0, "skill:teamwork": 3.0}


def named(features: dict[str, float]) -> str:
    return fingerprint_of(levels_of(features, EVIDENCE.rows))


def opinions(segment: str | None, certainty: float) -> Opinions:
    found = Opinions(EVIDENCE)
    for features in (UNSURE, CLEAR):
        found.learn([(named(features), Opinion(segment, certainty))])
    return found


def test_levels_are_those_of_the_loudest_known_features() -> None:
    features = {"project:shop-front": 1.0, "skill:git": 2.0, "pace:skim": 9.0, "words": 50.0}
    assert levels_of(features, EVIDENCE.rows) == {
        "pace:skim": 3,
        "project:shop-front": 1,
        "skill:git": 2,
    }
    many = {f"skill:{name}": 1.0 for name in SITE.skills}
    assert len(levels_of(many, EVIDENCE.rows)) == STRONGEST


def test_visits_that_differ_only_in_loudness_within_a_level_share_a_fingerprint() -> None:
    assert named({"skill:git": 1.0}) == named({"skill:git": 1.5})
    assert named({"skill:git": 1.0}) != named({"skill:git": 2.0})
    assert named({"skill:git": 1.0, "x": 3.0}) == named({"skill:git": 1.0})


def test_an_opinion_makes_its_segment_likelier_the_more_certain_it_is() -> None:
    alone = assess(UNSURE, EVIDENCE, 0.5)
    assert alone.segment is None
    confidences = [
        assess(UNSURE, EVIDENCE, 2.0, opinions("ML_ENGINEER", certainty)).confidence
        for certainty in (0.0, 0.5, 1.0)
    ]
    assert confidences[0] == alone.confidence
    assert confidences == sorted(confidences)
    decided = assess(UNSURE, EVIDENCE, 0.5, opinions("ML_ENGINEER", 1.0))
    assert decided.segment == "ML_ENGINEER"
    assert decided.confidence < 1.0


def test_no_opinion_overrules_what_the_visit_itself_decides() -> None:
    alone = assess(CLEAR, EVIDENCE, 0.5)
    assert alone.segment == "RECRUITER"
    assert assess(CLEAR, EVIDENCE, 0.5, opinions("STUDENT", 1.0)) == alone


@pytest.mark.parametrize("segment", [None, "GONE"])
def test_an_opinion_on_no_segment_of_the_site_changes_nothing(segment: str | None) -> None:
    alone = assess(UNSURE, EVIDENCE, 0.5)
    assert assess(UNSURE, EVIDENCE, 0.5, opinions(segment, 1.0)) == alone


def test_many_visits_are_assessed_with_opinions_as_one_is() -> None:
    known = opinions("ML_ENGINEER", 0.9)
    for found, visit in zip(
        assess_many([UNSURE, CLEAR], EVIDENCE, 0.5, known), (UNSURE, CLEAR), strict=True
    ):
        one = assess(visit, EVIDENCE, 0.5, known)
        assert found.segment == one.segment
        assert found.confidence == pytest.approx(one.confidence)


def test_the_oldest_opinions_are_forgotten_first() -> None:
    known = Opinions(EVIDENCE)
    known.learn((str(number), Opinion(None, 0.0)) for number in range(MOST_OPINIONS + 2))
    assert len(known) == MOST_OPINIONS
    assert "1" not in known
    assert "2" in known
