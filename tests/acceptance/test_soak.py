"""Half an hour of load: opt-in, by `make soak`; VITRINE_SOAK_MINUTES shortens it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bench.limits.configuration import running
from bench.limits.configurations import CONFIGURATIONS
from bench.limits.soak import SHARE, fill, growth, limit_of, soak

MINUTES = float(os.environ.get("VITRINE_SOAK_MINUTES", "30"))
FLAT = 0.05


@pytest.mark.soak
def test_memory_is_flat_under_load_for_half_an_hour(tmp_path: Path) -> None:
    with running(CONFIGURATIONS[0], tmp_path) as stack:
        rate = SHARE * limit_of(stack)
        fill(stack.url)
        samples = []
        for found, sample in soak(stack, rate, 60 * MINUTES):
            assert found.report.errors == {}
            samples.append(sample)
        assert growth(samples) < FLAT, samples
