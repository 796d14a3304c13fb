from __future__ import annotations

import pytest

from tests.sites import small_site
from vitrine.adapters.memory import MemoryVisitStore
from vitrine.domain.evidence import Evidence
from vitrine.domain.experiment import Arm, Measured, NotEnoughData, SplitIsOff
from vitrine.domain.visit import Folding, Visit
from vitrine.domain.weights import FITTED
from vitrine.usecases.measure import measure

SITE = small_site()


def _store(personalized: tuple[int, int], holdout: tuple[int, int]) -> MemoryVisitStore:
    """Return a store of visits that were exposed at 1,000, some converted, in two arms."""
    folding = Folding(Evidence(SITE, FITTED), SITE.threshold, SITE.conversions, lambda _: False)
    store = MemoryVisitStore(folding)
    for held_out, (exposed, converted) in ((False, personalized), (True, holdout)):
        for number in range(exposed):
            visit = Visit(f"{held_out}{number}", 1, 0, 1_000, exposed_at=1_000)
            visit.held_out, visit.converted = held_out, number < converted
            store.visits[visit.visitor, 1] = visit
    return store


async def test_an_empty_store_says_how_many_visitors_it_takes() -> None:
    found = await measure(_store((0, 0), (0, 0)), share=0.1)
    assert isinstance(found.verdict, NotEnoughData)
    assert (found.personalized, found.holdout) == (Arm(0, 0), Arm(0, 0))


async def test_a_clear_effect_comes_with_its_interval_and_the_arms() -> None:
    found = await measure(_store((1_800, 900), (200, 50)), share=0.1)
    assert found.personalized == Arm(1_800, 900)
    assert found.holdout == Arm(200, 50)
    assert isinstance(found.verdict, Measured)
    assert found.verdict.difference == pytest.approx(0.25)
    assert 0 < found.verdict.low < 0.25 < found.verdict.high


async def test_lost_exposures_are_told_instead_of_an_effect() -> None:
    found = await measure(_store((1_000, 500), (200, 50)), share=0.1)
    assert isinstance(found.verdict, SplitIsOff)


async def test_what_came_before_the_experiment_began_does_not_count() -> None:
    found = await measure(_store((1_800, 900), (200, 50)), share=0.1, since_ms=1_001)
    assert (found.personalized, found.holdout) == (Arm(0, 0), Arm(0, 0))
