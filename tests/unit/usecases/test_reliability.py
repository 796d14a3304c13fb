from __future__ import annotations

import numpy as np
import pytest

from vitrine.usecases.reliability import judge, threshold_for

# Three visitors of two kinds; the last column is no kind.
PROBABILITIES = np.array([[0.9, 0.05, 0.05], [0.1, 0.7, 0.2], [0.3, 0.3, 0.4]])


def test_a_judgement_counts_decided_and_right() -> None:
    found = judge(PROBABILITIES, np.array([0, 0, 2]), 0.6)
    assert found.visits == 3
    assert found.decided == pytest.approx(2 / 3)
    assert found.right == pytest.approx(1 / 2)


def test_deciding_a_visitor_of_no_kind_is_wrong() -> None:
    assert judge(PROBABILITIES[:1], np.array([2]), 0.6).right == 0.0


def test_the_calibration_error_is_the_gap_between_said_and_so() -> None:
    found = judge(PROBABILITIES, np.array([0, 1, 2]), 0.6)
    assert found.ece == pytest.approx((0.1 + 0.3 + 0.3) / 3)
    assert found.brier == pytest.approx((0.1**2 + 0.3**2 + 0.3**2) / 3)
    assert [(b.low, b.visits, b.right) for b in found.bins] == [
        (0.3, 1, 0),
        (0.7, 1, 1),
        (0.9, 1, 1),
    ]


def test_confidence_that_comes_true_as_often_as_it_says_has_no_error() -> None:
    probabilities = np.tile([0.75, 0.0, 0.25], (4, 1))
    assert judge(probabilities, np.array([0, 0, 0, 2]), 0.6).ece == pytest.approx(0.0)


def test_certainty_falls_into_the_last_bin() -> None:
    found = judge(np.array([[1.0, 0.0, 0.0]]), np.array([0]), 0.6)
    assert [(b.low, b.high) for b in found.bins] == [(0.9, 1.0)]


def test_nobody_decided_is_nobody_right() -> None:
    assert judge(PROBABILITIES, np.array([0, 1, 2]), 0.95)[1:3] == (0.0, 0.0)


def test_a_threshold_can_be_found_for_a_share_decided() -> None:
    threshold = threshold_for(PROBABILITIES, 2 / 3)
    assert judge(PROBABILITIES, np.array([0, 1, 2]), threshold).decided == pytest.approx(2 / 3)
