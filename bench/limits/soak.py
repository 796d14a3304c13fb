"""A long run at a share of the limit: does memory stay where it is?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from time import perf_counter
from typing import NamedTuple

import httpx
import numpy as np

from bench.limits.configuration import Running
from bench.limits.offering import Offered, offer
from bench.limits.steps import FIRST_PER_S, holds, steps
from vitrine.adapters.database.working_set import MOST
from vitrine.adapters.site_file import find_site, load_site
from vitrine.usecases.simulate import simulate
from vitrine.usecases.simulate_log import HUMANS

SHARE = 0.7
SLICE_S = 15.0
"""The load is offered in slices: the generator's memory is bounded, connections come and go."""
VISITORS_A_REQUEST = 10
MOST_EVENTS = 100
PATTERNS = 500


class Sample(NamedTuple):
    """The service's resident memory at a time, in seconds from the beginning."""

    at_s: float
    mib: float


def fill(url: str, visitors: int = MOST) -> None:
    """Have the service keep as many visits at hand as it ever will; else memory must grow."""
    site = load_site(find_site("portfolio"))
    patterns = list(simulate(site, 1, PATTERNS, MOST_EVENTS // VISITORS_A_REQUEST))
    with httpx.Client(base_url=url, trust_env=False, headers={"user-agent": HUMANS[0]}) as client:
        for first in range(0, visitors, VISITORS_A_REQUEST):
            events = [
                {name: value for name, value in body.items() if name != "event_timestamp"}
                for number in range(first, first + VISITORS_A_REQUEST)
                for body in patterns[number % PATTERNS].bodies(f"filled-{number}", 0)
            ]
            client.post("/api/events", json={"events": events}, timeout=30).raise_for_status()


def limit_of(stack: Running) -> float:
    """Return the highest rate at which the objective holds, or the lowest that is tried."""
    return max((found.rate for found in steps(stack, 3.0) if holds(found)), default=FIRST_PER_S)


def soak(stack: Running, rate: float, seconds: float) -> Iterator[tuple[Offered, Sample]]:
    """Offer load for so long; yield each slice with the memory at its end."""
    began = perf_counter()
    for _ in range(max(1, round(seconds / SLICE_S))):
        found = offer(stack, rate, SLICE_S, "--poisson")
        yield found, Sample(perf_counter() - began, found.mib["service"])


def growth(samples: Sequence[Sample]) -> float:
    """Return by which share memory has grown since the first fifth of the time.

    A line through all samples after it says so, by least squares: a sample that is high by
    chance decides nothing.
    """
    settled = samples[-1].at_s / 5
    times, sizes = np.array([one for one in samples if one.at_s >= settled]).T
    slope, start = np.polyfit(times, sizes, 1)
    first, last = start + slope * times[0], start + slope * times[-1]
    return float(last / first - 1.0)
