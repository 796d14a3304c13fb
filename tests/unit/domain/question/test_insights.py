from __future__ import annotations

import json

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.domain.question import FailureReason, RefusedAnswerError
from vitrine.domain.question.insights import FIELDS, LONGEST, Insight, InsightsQuestion

FIGURES: dict[str, float | int | str] = {
    "visits": 1_250,
    "decided": 400,
    "decided_percent": 32.0,
    "STUDENT.visits": 90,
    "largest_segment": "STUDENT",
    "most_used_project": "web3-shop",
}
QUESTION = InsightsQuestion(7, FIGURES)
PLAIN = Insight("Of 1,250 visits 400 were decided.", "It may be so.", "It matters.", "Do more.")


def said(*insights: object) -> str:
    return json.dumps({"insights": insights})


def read_what(sentence: str) -> str:
    """Return what is kept of a sentence, beside a plain one that keeps the answer alive."""
    found = QUESTION.read(said(PLAIN._asdict(), {**PLAIN._asdict(), "why": sentence}))
    return found[1].why


def test_insights_on_the_figures_are_kept_as_they_are() -> None:
    jsonschema.validate({"insights": [PLAIN._asdict()]}, dict(QUESTION.prompt().schema))
    assert QUESTION.read(said(PLAIN._asdict())) == (PLAIN,)


@pytest.mark.parametrize(
    "sentence",
    [
        "32 percent were decided in 7 days.",
        "1250 visits came.",
        "The project web3-shop was used most.",
        "STUDENT came 90 times, which is one reason.",
    ],
)
def test_a_number_that_was_sent_may_be_said(sentence: str) -> None:
    assert read_what(sentence) == sentence


@pytest.mark.parametrize(
    "sentence",
    [
        "33 percent were decided.",
        "That is 850 fewer than all.",
        "Visits doubled.",
        "Half of them left.",
        "Nearly thirteen hundred came.",
        "It rose by 32.5 percent.",
        "web4-shop was used most.",
        "See https://evil.example for more.",
        "<b>Buy now</b>",
        "Ring\u0007",
        "a" * (LONGEST + 1),
    ],
)
def test_a_sentence_with_anything_that_was_not_sent_is_refused(sentence: str) -> None:
    assert read_what(sentence) == ""


def test_an_insight_without_its_what_is_dropped_and_none_left_refuses_the_answer() -> None:
    wrong = {**PLAIN._asdict(), "what": "99 visits came."}
    assert QUESTION.read(said(wrong, PLAIN._asdict())) == (PLAIN,)
    for text in (said(wrong), said(), said(*[PLAIN._asdict()] * 6), said({"what": "x"})):
        with pytest.raises(RefusedAnswerError) as caught:
            QUESTION.read(text)
        assert caught.value.reason is FailureReason.SCHEMA


def test_what_local_rules_say_holds_against_the_same_figures() -> None:
    for figures in (FIGURES, {"visits": 0}):
        question = InsightsQuestion(7, figures)
        local = question.local()
        assert local
        assert question.read(said(*(insight._asdict() for insight in local))) == local


@given(st.lists(st.dictionaries(st.sampled_from(FIELDS), st.text() | st.integers()), max_size=6))
def test_no_answer_is_anything_but_read_or_refused(insights: list[object]) -> None:
    try:
        found = QUESTION.read(said(*insights))
    except RefusedAnswerError:
        return
    assert found
    assert all(insight.what for insight in found)
