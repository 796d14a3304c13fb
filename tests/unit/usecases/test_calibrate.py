"""The acceptance bar of the segment model, on visitors that were not used to fit it."""

from __future__ import annotations

import asyncio
import math

import numpy as np
import pytest

from tests.sites import small_site
from vitrine.adapters.site_file import find_site, load_site
from vitrine.domain.evidence import Evidence
from vitrine.domain.segment import probabilities_of
from vitrine.domain.weights import FITTED
from vitrine.usecases import calibrate
from vitrine.usecases.calibrate import (
    SEED,
    START,
    VISITORS,
    Sample,
    events_of,
    features_of,
    fit,
    leave_one_style_out,
    probabilities,
    reader_for,
    sample,
    training_sample,
)
from vitrine.usecases.oracle import Oracle
from vitrine.usecases.reliability import judge, threshold_for
from vitrine.usecases.simulate import SimulatedVisitor, simulate

SITE = load_site(find_site("portfolio"))
EVIDENCE = Evidence(SITE, START)


@pytest.fixture(scope="module")
def training() -> Sample:
    return training_sample(SITE, EVIDENCE, SEED, VISITORS)


@pytest.fixture(scope="module")
def visitors() -> list[SimulatedVisitor]:
    return list(simulate(SITE, 31, 3_000, events=5))


@pytest.fixture(scope="module")
def judged(visitors: list[SimulatedVisitor]) -> Sample:
    return sample(visitors, SITE, EVIDENCE, [5] * len(visitors))


def test_fitting_again_gives_the_weights_that_are_shipped(training: Sample) -> None:
    found = fit(training, EVIDENCE)
    for name, value in FITTED._asdict().items():
        assert getattr(found, name) == pytest.approx(value, rel=0.01), name


def test_after_five_events_the_promise_holds_for_styles_left_out_of_the_fit(
    training: Sample, judged: Sample
) -> None:
    left_out = leave_one_style_out(training, judged, EVIDENCE)
    found = judge(left_out, judged.truth, SITE.threshold)
    assert found.right >= 0.85
    assert found.decided >= 0.70
    assert found.ece <= 0.05


@pytest.mark.parametrize("cut", [1, 3, 10])
def test_confidence_means_the_same_early_and_late_in_a_visit(cut: int) -> None:
    weighed = EVIDENCE.weighed(FITTED)
    visitors = list(simulate(SITE, 32, 3_000, events=cut))
    seen = sample(visitors, SITE, EVIDENCE, [cut] * len(visitors))
    assert judge(probabilities(seen, weighed), seen.truth, SITE.threshold).ece <= 0.05


def test_the_oracle_is_calibrated_and_beats_us_at_the_same_share_decided(
    visitors: list[SimulatedVisitor], judged: Sample
) -> None:
    reader = reader_for(SITE)
    best = Oracle(SITE).probabilities([events_of(visitor, reader) for visitor in visitors])
    ours = judge(probabilities(judged, EVIDENCE.weighed(FITTED)), judged.truth, SITE.threshold)
    theirs = judge(best, judged.truth, threshold_for(best, ours.decided))
    assert best.sum(axis=1) == pytest.approx(np.ones(len(best)))
    assert theirs.ece < 0.03
    assert ours.right < theirs.right < 0.99


def test_the_weights_serve_a_site_that_they_were_not_fitted_on() -> None:
    site = small_site()
    evidence = Evidence(site, FITTED)
    visitors = list(simulate(site, 33, 2_000, events=5))
    seen = sample(visitors, site, evidence, [5] * len(visitors))
    found = judge(probabilities(seen, evidence), seen.truth, site.threshold)
    assert found.right >= 0.80
    assert found.decided >= 0.55


def test_what_is_fitted_is_what_the_service_computes(
    visitors: list[SimulatedVisitor], judged: Sample
) -> None:
    evidence, reader = Evidence(SITE, FITTED), reader_for(SITE)
    features = [features_of(events_of(visitor, reader), evidence) for visitor in visitors]
    assert probabilities(judged, evidence)[:, :-1] == pytest.approx(
        probabilities_of(features, evidence)
    )


def test_a_fit_makes_the_truth_likelier_than_where_it_began(training: Sample) -> None:
    few = training.where(np.arange(len(training.truth)) < 500)

    def surprise(evidence: Evidence) -> float:
        found = probabilities(few, evidence)
        return -sum(math.log(p) for p in found[np.arange(len(found)), few.truth].tolist())

    assert surprise(EVIDENCE.weighed(fit(few, EVIDENCE))) < 0.9 * surprise(EVIDENCE)


def test_without_visitors_the_fit_stays_where_it_began(training: Sample) -> None:
    nobody = training.where(np.zeros(len(training.truth), dtype=bool))
    assert fit(nobody, EVIDENCE) == pytest.approx(START)


async def test_the_judgement_of_a_site_is_that_of_its_visitors_in_portions() -> None:
    found = await calibrate.judged(SITE, Evidence(SITE, FITTED), portions=3)
    assert found.visits == 3 * calibrate.PORTION
    assert 0 < found.ece < 0.3
    assert sum(one.visits for one in found.bins) == found.visits


async def test_a_site_is_judged_once_however_many_ask() -> None:
    calibration = calibrate.Calibration(SITE, Evidence(SITE, FITTED), portions=1)
    first, second = await asyncio.gather(calibration(), calibration())
    assert first is second
    assert first.visits == calibrate.PORTION
