from __future__ import annotations

import pytest

from bench.limits.soak import Sample, growth


def test_what_is_taken_at_the_start_is_no_growth() -> None:
    samples = [Sample(10.0 * n, min(100.0 + 20.0 * n, 140.0)) for n in range(1, 21)]
    assert growth(samples) == pytest.approx(0.0, abs=1e-9)


def test_a_leak_shows_as_the_share_that_it_adds() -> None:
    samples = [Sample(10.0 * n, 100.0 + n) for n in range(1, 21)]
    assert growth(samples) == pytest.approx(120.0 / 104.0 - 1.0)


def test_one_sample_that_is_high_by_chance_decides_nothing() -> None:
    samples = [Sample(10.0 * n, 100.0 + 20.0 * (n == 12)) for n in range(1, 21)]
    assert abs(growth(samples)) < 0.01
