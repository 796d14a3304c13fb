from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sites import small_site
from vitrine.domain.opinion import Opinion
from vitrine.domain.question import FailureReason, RefusedAnswerError
from vitrine.domain.question.segments import SegmentsQuestion

SITE = small_site()
QUESTION = SegmentsQuestion(SITE, ({"project:vision-api": 2}, {"skill:git": 1}))
RIGHT: list[dict[str, Any]] = [
    {"id": "v2", "segment": None, "certainty": 0},
    {"id": "v1", "segment": "ML_ENGINEER", "certainty": 0.75},
]


def said(visits: object) -> str:
    return json.dumps({"visits": visits})


def test_a_right_answer_is_read_in_the_order_that_was_asked() -> None:
    assert QUESTION.read(said(RIGHT)) == (Opinion("ML_ENGINEER", 0.75), Opinion(None, 0.0))
    jsonschema.validate({"visits": RIGHT}, dict(QUESTION.prompt().schema))


def test_the_prompt_holds_the_signs_and_the_levels() -> None:
    evidence = json.loads(QUESTION.prompt().evidence)
    assert set(evidence) == {"segments", "tags", "visits"}
    assert set(evidence["segments"]) == set(SITE.segment_ids)
    assert evidence["segments"]["RECRUITER"]["event:download_resume"] == 2.4
    assert "project:vision-api" in evidence["tags"]["ml"]
    assert evidence["visits"] == [
        {"id": "v1", "seen": {"project:vision-api": 2}},
        {"id": "v2", "seen": {"skill:git": 1}},
    ]


def test_local_rules_add_nothing_to_what_the_visit_said() -> None:
    assert QUESTION.local() == (Opinion(None, 0.0), Opinion(None, 0.0))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", FailureReason.BLANK),
        (" \n\t ", FailureReason.BLANK),
        ("Certainly! " + said(RIGHT), FailureReason.INVALID_JSON),
        (f"```json\n{said(RIGHT)}\n```", FailureReason.INVALID_JSON),
        (said(RIGHT)[:-1], FailureReason.INVALID_JSON),
        ("[" * 100_000, FailureReason.INVALID_JSON),
        (said([{**RIGHT[0], "certainty": float("nan")}, RIGHT[1]]), FailureReason.INVALID_JSON),
        ("[]", FailureReason.SCHEMA),
        ("{}", FailureReason.SCHEMA),
        (said("v1"), FailureReason.SCHEMA),
        (said([1, 2]), FailureReason.SCHEMA),
        (json.dumps({"visits": RIGHT, "thoughts": "hm"}), FailureReason.SCHEMA),
        (said([{**RIGHT[0], "why": "so"}, RIGHT[1]]), FailureReason.SCHEMA),
        (said([{**RIGHT[0], "certainty": 1.1}, RIGHT[1]]), FailureReason.SCHEMA),
        (said([{**RIGHT[0], "certainty": True}, RIGHT[1]]), FailureReason.SCHEMA),
        (said([{**RIGHT[0], "certainty": "0.5"}, RIGHT[1]]), FailureReason.SCHEMA),
        (said([{**RIGHT[0], "id": 2}, RIGHT[1]]), FailureReason.SCHEMA),
        (said([{"id": "v2", "certainty": 0.5}, RIGHT[1]]), FailureReason.MISMATCH),
        (said([{**RIGHT[0], "segment": "HACKER"}, RIGHT[1]]), FailureReason.MISMATCH),
        (said([{**RIGHT[0], "segment": ["STUDENT"]}, RIGHT[1]]), FailureReason.MISMATCH),
        (said(RIGHT[:1]), FailureReason.MISMATCH),
        (said([*RIGHT, {**RIGHT[0], "id": "v3"}]), FailureReason.MISMATCH),
        (said([RIGHT[0], RIGHT[0]]), FailureReason.MISMATCH),
        (said([{**RIGHT[0], "id": "v9"}, RIGHT[1]]), FailureReason.MISMATCH),
    ],
)
def test_what_is_not_exactly_what_was_asked_is_refused(text: str, reason: FailureReason) -> None:
    with pytest.raises(RefusedAnswerError) as caught:
        QUESTION.read(text)
    assert caught.value.reason is reason


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=8) | st.sampled_from(["v1", "v2"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["visits", "id", "segment", "certainty", "x"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(json_values)
def test_no_answer_is_anything_but_read_or_refused(value: object) -> None:
    for text in (json.dumps(value), json.dumps({"visits": value}), str(value)):
        try:
            found = QUESTION.read(text)
        except RefusedAnswerError:
            continue
        assert len(found) == 2
