"""When requests are due: in seconds from the beginning, known before it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Due = NDArray[np.float64]


def constant(rate: float, seconds: float) -> Due:
    """Return times that are evenly apart, the first at once."""
    return np.arange(max(1, round(rate * seconds))) / rate


def poisson(rate: float, seconds: float, seed: int) -> Due:
    """Return the times of people who know nothing of each other: a Poisson process.

    Given how many come, each comes at any time alike.
    """
    random = np.random.default_rng(seed)
    number = max(1, int(random.poisson(rate * seconds)))
    return np.sort(random.uniform(0.0, seconds, number))
