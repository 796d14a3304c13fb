"""What a doctor finds of clocks."""

from __future__ import annotations

import pytest

from vitrine.operations.doctor.clocks import judged
from vitrine.operations.doctor.finding import Level


@pytest.mark.parametrize(
    ("ahead_s", "level"),
    [(0.4, Level.OK), (-4.9, Level.OK), (20.0, Level.WARNING), (-3_600.0, Level.PROBLEM)],
)
def test_a_clock_matters_the_more_the_further_it_is_off(ahead_s: float, level: Level) -> None:
    assert judged("the service", ahead_s).level is level


def test_it_is_said_which_way_a_clock_is_off() -> None:
    assert judged("the service", 20.0).found == "the service is 20 s ahead of this machine"
    assert judged("Prometheus", -3_600.0).found == "Prometheus is 3,600 s behind this machine"
