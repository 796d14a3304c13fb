from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from scipy.special import lambertw
from scipy.stats import chisquare

from vitrine.domain import experiment
from vitrine.domain.experiment import (
    Arm,
    Measured,
    NotEnoughData,
    SplitIsOff,
    Verdict,
    interval,
    is_held_out,
    judge,
    split_p,
    visitors_needed,
)

SALT = b"a salt of the home"
VISITORS = [f"{number:032x}" for number in range(20_000)]


@pytest.mark.parametrize("share", [0.0, 0.02, 0.1, 0.5, 1.0])
def test_the_share_of_visitors_is_held_out(share: float) -> None:
    held = sum(is_held_out(visitor, share, SALT) for visitor in VISITORS)
    deviation = math.sqrt(len(VISITORS) * share * (1 - share))
    assert abs(held - len(VISITORS) * share) <= 4 * deviation


def test_who_is_held_out_stays_so_and_a_larger_share_adds_to_them() -> None:
    tenth = {visitor for visitor in VISITORS if is_held_out(visitor, 0.1, SALT)}
    assert tenth == {visitor for visitor in VISITORS if is_held_out(visitor, 0.1, SALT)}
    assert tenth < {visitor for visitor in VISITORS if is_held_out(visitor, 0.2, SALT)}


def test_another_salt_draws_others() -> None:
    first = [is_held_out(visitor, 0.5, SALT) for visitor in VISITORS]
    second = [is_held_out(visitor, 0.5, b"another salt") for visitor in VISITORS]
    agreed = sum(one == other for one, other in zip(first, second, strict=True))
    assert abs(agreed / len(VISITORS) - 0.5) < 0.02


@given(
    personalised=st.integers(0, 100_000),
    held_out=st.integers(1, 100_000),
    share=st.floats(0.01, 0.99),
)
def test_the_split_check_is_pearsons_chi_squared(
    personalised: int, held_out: int, share: float
) -> None:
    total = personalised + held_out
    expected = [total * (1 - share), total * share]
    reference = chisquare([personalised, held_out], expected).pvalue
    assert split_p(personalised, held_out, share) == pytest.approx(reference, rel=1e-6, abs=1e-300)


@pytest.mark.parametrize("alpha", [0.2, 0.05, 0.001])
def test_the_boundary_is_tuned_to_the_branch_of_lambert(alpha: float) -> None:
    exact = -lambertw(-(alpha**2) / math.e, k=-1).real - 1
    assert experiment._tuned(alpha) == pytest.approx(exact, rel=1e-12)
    at_best = experiment._boundary(experiment.TUNED_FOR, alpha)
    assert at_best == pytest.approx(math.sqrt(exact + 1), rel=1e-9)


def test_the_interval_is_the_asymptotic_confidence_sequence() -> None:
    personalised, held_out = Arm(90_000, 27_000), Arm(10_000, 2_900)
    found = interval(personalised, held_out)
    n, rho2 = 100_000, (-lambertw(-(0.05**2) / math.e, k=-1).real - 1) / experiment.TUNED_FOR
    variance = n * (0.3 * 0.7 / 90_000 + 0.29 * 0.71 / 10_000)
    radius = math.sqrt(
        variance * 2 * (n * rho2 + 1) / (n**2 * rho2) * math.log(math.sqrt(n * rho2 + 1) / 0.05)
    )
    assert found.difference == pytest.approx(0.01)
    assert found.high - found.difference == pytest.approx(radius, rel=1e-3)
    assert found.difference - found.low == pytest.approx(radius, rel=1e-3)


@given(
    first=st.tuples(st.integers(1, 10**9), st.floats(0, 1)),
    second=st.tuples(st.integers(1, 10**9), st.floats(0, 1)),
)
@example(first=(1, 0.0), second=(1, 0.0))
@example(first=(1, 1.0), second=(1, 1.0))
def test_the_interval_always_has_a_width(
    first: tuple[int, float], second: tuple[int, float]
) -> None:
    one, other = (Arm(exposed, int(exposed * rate)) for exposed, rate in (first, second))
    found = interval(one, other)
    assert found.low < found.difference < found.high


def _looks(
    rng: np.random.Generator, rates: tuple[float, float], visitors: int, every: int = 50
) -> list[Verdict]:
    """Return what an owner reads who looks after `every` visitors, a tenth held out."""
    held = rng.random(visitors) < 0.1
    converted = rng.random(visitors) < np.where(held, rates[1], rates[0])
    at = slice(every - 1, None, every)
    out, out_converted = np.cumsum(held)[at], np.cumsum(held & converted)[at]
    shown, shown_converted = np.cumsum(~held)[at], np.cumsum(~held & converted)[at]
    table = np.stack([shown, shown_converted, out, out_converted], axis=1).tolist()
    return [judge(Arm(a, b), Arm(c, d), 0.1) for a, b, c, d in table]


@pytest.mark.parametrize(("rate", "visitors", "runs"), [(0.5, 4_000, 400), (0.05, 6_000, 200)])
def test_looking_after_every_fifty_visitors_raises_few_false_alarms(
    rate: float, visitors: int, runs: int
) -> None:
    rng = np.random.default_rng(7)
    alarms = 0
    for _ in range(runs):
        found = [v for v in _looks(rng, (rate, rate), visitors) if isinstance(v, Measured)]
        alarms += any(not verdict.low <= 0 <= verdict.high for verdict in found)
    assert alarms / runs <= 0.05


def test_without_an_effect_the_answer_comes_in_the_end_and_holds_zero() -> None:
    rng = np.random.default_rng(8)
    answers = [_looks(rng, (0.5, 0.5), 4_000, every=4_000)[0] for _ in range(60)]
    told = [answer for answer in answers if isinstance(answer, Measured)]
    assert len(told) >= 57
    assert sum(answer.low <= 0 <= answer.high for answer in told) >= 57


def test_a_real_effect_is_found_long_before_the_interval_is_narrow() -> None:
    rng = np.random.default_rng(9)
    needed = visitors_needed(0.35, 0.2, 0.1)
    found_after = []
    for _ in range(40):
        looks = _looks(rng, (0.35, 0.2), needed)
        first = next((i for i, v in enumerate(looks) if isinstance(v, Measured)), None)
        assert first is not None
        assert isinstance(verdict := looks[first], Measured)
        assert verdict.low > 0
        found_after.append((first + 1) * 50)
    assert np.median(found_after) < needed / 2


def test_before_anybody_came_the_answer_is_how_many_it_takes() -> None:
    prior = experiment.PRIOR_RATE
    assert judge(Arm(0, 0), Arm(0, 0), 0.1) == NotEnoughData(visitors_needed(prior, prior, 0.1))


def test_what_is_needed_is_the_smallest_number_that_is_enough() -> None:
    needed = visitors_needed(0.3, 0.3, 0.1)
    for visitors, enough in ((needed, True), (needed - 1, False)):
        variance = 0.21 / (0.9 * visitors) + 0.21 / (0.1 * visitors)
        half = math.sqrt(variance) * experiment._boundary(visitors, experiment.ALPHA)
        assert (half <= 0.2 * 0.3) is enough


def test_the_page_on_the_experiment_names_the_visitors_that_are_computed() -> None:
    page = (Path(__file__).parents[3] / "docs" / "experiment.md").read_text()
    rows = re.findall(r"^\| (\d+) % \| ([\d,]+) \|$", page, re.MULTILINE)
    assert len(rows) == 5
    for percent, visitors in rows:
        rate = int(percent) / 100
        assert visitors == f"{visitors_needed(rate, rate, 0.1):,}"


def test_more_visitors_bring_the_need_down_to_an_answer() -> None:
    needs = []
    for hundreds in range(80):
        verdict = judge(Arm(90 * hundreds, 27 * hundreds), Arm(10 * hundreds, 3 * hundreds), 0.1)
        if isinstance(verdict, Measured):
            break
        assert isinstance(verdict, NotEnoughData)
        assert verdict.more_needed is not None
        needs.append(verdict.more_needed)
    assert isinstance(verdict, Measured)
    assert needs == sorted(needs, reverse=True)
    assert 0 < needs[-1] <= 100


def test_a_striking_difference_of_a_handful_is_not_shown() -> None:
    assert isinstance(judge(Arm(90, 80), Arm(10, 0), 0.1), NotEnoughData)
    assert isinstance(judge(Arm(900, 300), Arm(100, 9), 0.1), NotEnoughData)
    assert isinstance(judge(Arm(900, 300), Arm(100, 10), 0.1), Measured)
    assert isinstance(judge(Arm(900, 300), Arm(99, 10), 0.1), NotEnoughData)
    assert isinstance(judge(Arm(900, 500), Arm(100, 91), 0.1), NotEnoughData)


def test_an_arm_that_lacks_conversions_says_how_many_visitors_they_take() -> None:
    verdict = judge(Arm(90_000, 60), Arm(10_000, 8), 0.1)
    assert isinstance(verdict, NotEnoughData)
    assert verdict.more_needed is not None
    assert verdict.more_needed > 20_000


@pytest.mark.parametrize(("personalised", "held_out"), [(900, 160), (900, 50), (300, 0)])
def test_a_split_that_is_off_hides_the_difference(personalised: int, held_out: int) -> None:
    verdict = judge(Arm(personalised, personalised // 3), Arm(held_out, held_out // 10), 0.1)
    assert verdict == SplitIsOff(split_p(personalised, held_out, 0.1))
    assert isinstance(verdict, SplitIsOff)
    assert verdict.p < 0.001


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_where_an_arm_takes_nobody_in_no_number_of_visitors_would_do(share: float) -> None:
    assert judge(Arm(5_000, 500), Arm(0, 0), share) == NotEnoughData(None)


@given(
    shown=st.integers(0, 10**7),
    out=st.integers(0, 10**7),
    rates=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    share=st.floats(0.001, 0.999),
)
def test_whatever_the_counts_there_is_one_of_three_answers(
    shown: int, out: int, rates: tuple[float, float], share: float
) -> None:
    verdict = judge(Arm(shown, int(shown * rates[0])), Arm(out, int(out * rates[1])), share)
    match verdict:
        case NotEnoughData(more_needed):
            assert more_needed is not None
            assert more_needed >= 1
        case SplitIsOff(p):
            assert 0 <= p < 0.001
        case Measured(difference, low, high):
            assert low < difference < high
