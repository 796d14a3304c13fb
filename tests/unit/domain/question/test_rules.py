from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sites import small_site
from vitrine.domain.question import FailureReason, RefusedAnswerError
from vitrine.domain.question.rules import RulesQuestion, SegmentUse
from vitrine.domain.rule import Suggestion, rule_for

SITE = small_site()
QUESTION = RulesQuestion(
    SITE,
    {
        "STUDENT": SegmentUse(7, {"project": {"learn-git": 3.04, "gone": 9.0}}),
        "GONE": SegmentUse(1, {}),
    },
)
PROJECTS = list(SITE.projects)


def answer() -> dict[str, Any]:
    """Return an answer that turns every order of the site round."""
    segment = {
        "section": list(SITE.sections)[::-1],
        "project": PROJECTS[::-1],
        "skill": list(SITE.skills)[::-1],
        "because": ["project:photo-wall", "skill:git"],
    }
    return {name: dict(segment) for name in SITE.segment_ids}


def test_a_right_answer_gives_an_order_for_every_segment() -> None:
    jsonschema.validate(answer(), dict(QUESTION.prompt().schema))
    found = QUESTION.read(json.dumps(answer()))
    assert set(found) == set(SITE.segment_ids)
    assert found["STUDENT"].order["project"] == tuple(PROJECTS[::-1])
    assert found["STUDENT"].because == ("project:photo-wall", "skill:git")


def test_the_prompt_holds_ids_and_numbers_of_the_catalogue_alone() -> None:
    evidence = json.loads(QUESTION.prompt().evidence)
    assert evidence["use"] == {"STUDENT": {"visits": 7, "project:learn-git": 3.0}}
    assert evidence["catalogue"]["project"] == PROJECTS


def _with(segment: str, **changes: object) -> str:
    changed = answer()
    changed[segment] |= changes
    return json.dumps(changed)


def _without(segment: str) -> str:
    return json.dumps({name: found for name, found in answer().items() if name != segment})


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (_without("STUDENT"), FailureReason.MISMATCH),
        (json.dumps({**answer(), "HACKER": answer()["STUDENT"]}), FailureReason.MISMATCH),
        (_with("STUDENT", project=PROJECTS[:-1]), FailureReason.MISMATCH),
        (_with("STUDENT", project=[*PROJECTS, PROJECTS[0]]), FailureReason.MISMATCH),
        (_with("STUDENT", project=[*PROJECTS[:-1], "evil.example"]), FailureReason.MISMATCH),
        (_with("STUDENT", because=["project:evil"]), FailureReason.MISMATCH),
        (_with("STUDENT", because=["skill:git"] * 4), FailureReason.MISMATCH),
        (_with("STUDENT", because=[["skill:git"]]), FailureReason.MISMATCH),
        (_with("STUDENT", project="all"), FailureReason.SCHEMA),
        (_with("STUDENT", words="You are great"), FailureReason.SCHEMA),
        ("[]", FailureReason.SCHEMA),
    ],
)
def test_what_is_not_of_the_catalogue_is_refused(text: str, reason: FailureReason) -> None:
    with pytest.raises(RefusedAnswerError) as caught:
        QUESTION.read(text)
    assert caught.value.reason is reason


@given(st.dictionaries(st.sampled_from(SITE.segment_ids), st.lists(st.integers()) | st.text()))
def test_no_answer_is_anything_but_read_or_refused(value: object) -> None:
    with pytest.raises(RefusedAnswerError):
        QUESTION.read(json.dumps(value))


def test_a_suggestion_stands_in_for_the_signs_and_words_stay_ours() -> None:
    order = {"project": PROJECTS[::-1], "section": list(SITE.sections), "skill": list(SITE.skills)}
    suggestion = Suggestion(order, ("project:photo-wall",))
    rule = rule_for(SITE, "RECRUITER", "en", suggestion=suggestion)
    assert rule.featured_projects == tuple(PROJECTS[::-1])[: SITE.featured]
    assert SITE.projects["photo-wall"].title in rule.reasoning
    german = rule_for(SITE, "RECRUITER", "de", suggestion=suggestion)
    assert "hervorsticht" in german.reasoning
    plain = rule_for(SITE, "RECRUITER", "en")
    assert rule_for(SITE, "RECRUITER", "en", suggestion=Suggestion({}, ())) == plain


def test_what_visitors_really_use_corrects_a_suggestion() -> None:
    order = {"project": PROJECTS, "section": list(SITE.sections), "skill": list(SITE.skills)}
    suggestion = Suggestion(order, ())
    last = PROJECTS[-1]
    use = {"project": {last: 5_000.0}}
    everyone = {"project": dict.fromkeys(PROJECTS, 5000.0)}
    rule = rule_for(SITE, "RECRUITER", "en", use, 900, everyone, suggestion)
    assert rule.featured_projects[0] == last
