from __future__ import annotations

import pytest

from vitrine.catalogue.objectives import LIMITS, OBJECTIVES, RATIOS, TRENDS
from vitrine.operations.slo import Kind, Standing, standings


def asked(said: dict[str, float]) -> dict[str, Standing]:
    """Return the standings by a Prometheus that answers queries which hold a word."""

    def ask(query: str) -> float | None:
        return next((value for word, value in said.items() if word in query), None)

    return {one.id: one for one in standings(ask)}


def test_every_objective_stands_somewhere_and_in_its_kind() -> None:
    found = asked({})
    assert list(found) == [objective.id for objective in OBJECTIVES]
    for kind, objectives in ((Kind.RATIO, RATIOS), (Kind.LIMIT, LIMITS), (Kind.TREND, TRENDS)):
        assert {found[objective.id].kind for objective in objectives} == {kind}


def test_a_budget_is_asked_for_with_the_days_that_it_covers() -> None:
    found = asked({"[30d:1m]": 0.1, "increase(": 0.5, "1 - objective:": 0.99})["api_latency"]
    assert (found.now, found.budget_left) == (0.99, 0.5)
    assert found.days == pytest.approx(3.0)


def test_a_limit_counts_the_minutes_above_it_among_those_with_something_to_measure() -> None:
    found = asked({"count_over_time(": 2_880.0, "sum_over_time(": 3.0, "value1m": 0.02})["db_mean"]
    assert (found.now, found.bad_minutes, found.days, found.target) == (0.02, 3.0, 2.0, 0.1)
    assert found.budget_left is None


def test_a_trend_says_how_much_it_has_grown() -> None:
    found = asked({"delta(": 0.02, "service:cache_hits": 0.9})["cache_warming"]
    assert (found.now, found.change) == (0.9, 0.02)


def test_without_traffic_there_is_no_figure_but_a_state() -> None:
    for one in asked({}).values():
        assert (one.now, one.budget_left, one.bad_minutes, one.days) == (None, None, None, 0.0)


def test_no_more_than_thirty_days_are_covered() -> None:
    found = asked({"": 1e9})
    assert {found[ratio.id].days for ratio in RATIOS} == {30.0}
