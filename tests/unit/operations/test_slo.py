from __future__ import annotations

import pytest

from vitrine.catalogue.objectives import OBJECTIVES
from vitrine.operations.slo import standings


def answering(counted: float, bad: float, minutes: float) -> dict[str, float | None]:
    """Return what a Prometheus says of the first objective, by a word of the query."""
    return {"_bad:sum[30d]": bad, "_total:sum[30d]": counted, "[30d:1m]": minutes}


@pytest.mark.parametrize(
    ("counted", "bad", "left"),
    [
        (1_000.0, 0.0, 1.0),
        (1_000.0, 25.0, 0.5),
        (1_000.0, 50.0, 0.0),
        (1_000.0, 100.0, -1.0),
        (0.0, 0.0, None),
    ],
)
def test_a_budget_counts_events_and_may_be_overspent(
    counted: float, bad: float, left: float | None
) -> None:
    said = answering(counted, bad, 4_320.0)

    def ask(query: str) -> float | None:
        return next((value for word, value in said.items() if word in query), 0.99)

    first = next(iter(standings(ask)))
    assert first.id == "api_latency"
    assert first.now == 0.99
    assert first.days == 3.0
    assert first.budget_left == (None if left is None else pytest.approx(left))


def test_without_traffic_there_is_no_figure_but_a_state() -> None:
    found = list(standings(lambda _query: None))
    assert len(found) == len(OBJECTIVES)
    assert {(one.now, one.budget_left, one.days) for one in found} == {(None, None, 0.0)}


def test_no_more_than_thirty_days_are_covered() -> None:
    assert {one.days for one in standings(lambda _query: 1e9)} == {30.0}
