from __future__ import annotations

import numpy as np

from bench.openloop.schedule import constant, poisson


def test_a_constant_rate_is_evenly_apart_and_begins_at_once() -> None:
    assert constant(4.0, 1.5).tolist() == [0.0, 0.25, 0.5, 0.75, 1.0, 1.25]


def test_somebody_comes_however_low_the_rate() -> None:
    assert len(constant(0.1, 1.0)) == len(poisson(1e-9, 1.0, seed=1)) == 1


def test_people_come_in_order_within_the_time_and_at_the_rate() -> None:
    due = poisson(1_000.0, 20.0, seed=3)
    assert (np.diff(due) >= 0).all()
    assert 0.0 <= due[0] <= due[-1] <= 20.0
    assert abs(len(due) - 20_000) < 5 * 20_000**0.5


def test_the_pauses_between_people_scatter_as_much_as_they_last() -> None:
    pauses = np.diff(poisson(1_000.0, 20.0, seed=3))
    assert abs(pauses.std() / pauses.mean() - 1.0) < 0.05


def test_the_same_seed_brings_the_same_people() -> None:
    assert poisson(50.0, 4.0, seed=5).tolist() == poisson(50.0, 4.0, seed=5).tolist()
