from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sites import small_site
from vitrine.domain.evidence import Evidence
from vitrine.domain.segment import assess, assess_many, probabilities_of
from vitrine.domain.weights import FITTED

EVIDENCE = Evidence(small_site(), FITTED)
THRESHOLD = 0.6

visits = st.lists(
    st.dictionaries(
        st.sampled_from([*EVIDENCE.rows, "project:gone"]), st.floats(0.2, 40.0), max_size=12
    ),
    max_size=8,
)


def test_a_visit_without_evidence_stays_undecided() -> None:
    segment, confidence = assess({}, EVIDENCE, THRESHOLD)
    assert segment is None
    assert 0 < confidence < 0.3


def test_clear_signs_decide() -> None:
    features = {"referrer:professional": 1.0, "event:download_resume": 1.0, "section:contact": 1.0}
    assert assess(features, EVIDENCE, THRESHOLD).segment == "RECRUITER"


def test_each_sign_of_a_segment_makes_it_likelier() -> None:
    signs = ["project:vision-api", "skill:pytorch", "referrer:research", "pace:study"]
    confidences = [
        assess(dict.fromkeys(signs[:count], 1.0), EVIDENCE, THRESHOLD).confidence
        for count in range(1, len(signs) + 1)
    ]
    assert confidences == sorted(confidences)
    assert confidences[-1] > 0.9


def test_signs_of_two_segments_make_neither_certain() -> None:
    torn = {"project:vision-api": 1.0, "project:learn-git": 1.0}
    assert assess(torn, EVIDENCE, THRESHOLD).segment is None


def test_the_threshold_withholds_the_segment_and_not_the_confidence() -> None:
    features = {"referrer:professional": 1.0, "event:download_resume": 1.0}
    _, confidence = assess(features, EVIDENCE, 0.5)
    assert assess(features, EVIDENCE, confidence).segment == "RECRUITER"
    assert assess(features, EVIDENCE, confidence + 1e-9) == (None, confidence)


@given(visits)
def test_many_visits_at_once_get_the_answers_that_each_gets_alone(
    many: list[dict[str, float]],
) -> None:
    together = assess_many(many, EVIDENCE, THRESHOLD)
    alone = [assess(features, EVIDENCE, THRESHOLD) for features in many]
    assert [a.confidence for a in together] == pytest.approx([a.confidence for a in alone])
    clear = [abs(a.confidence - THRESHOLD) > 1e-9 for a in alone]
    assert [a.segment for a, sure in zip(together, clear, strict=True) if sure] == [
        a.segment for a, sure in zip(alone, clear, strict=True) if sure
    ]


def test_the_segments_leave_room_for_no_kind() -> None:
    for probabilities in probabilities_of([{}, {"project:vision-api": 30.0}], EVIDENCE).tolist():
        assert 0 < sum(probabilities) < 1
        assert min(probabilities) > 0


def test_evidence_beyond_measure_is_no_overflow() -> None:
    features = dict.fromkeys(EVIDENCE.rows, 1e300)
    assert 0 < assess(features, EVIDENCE, THRESHOLD).confidence <= 1
