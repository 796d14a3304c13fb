from __future__ import annotations

from vitrine.signals import Signal, StoreAnswered, StoreFailed
from vitrine.usecases.outage import Outage


def test_the_first_failure_in_a_row_is_told_from_the_others_and_the_end_is_said_once() -> None:
    heard: list[Signal] = []
    outage = Outage("jobs", heard.append)
    outage.over()
    assert heard == []
    outage.failed("Refused")
    outage.failed("Timeout")
    outage.over()
    outage.over()
    outage.failed("Refused")
    first, again, answered, later = heard
    assert first == later == StoreFailed("jobs", "Refused", again=False)
    assert again == StoreFailed("jobs", "Timeout", again=True)
    assert isinstance(answered, StoreAnswered)
    assert answered.away_s >= 0
