from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.domain.limit import Bounds, TokenBuckets


def test_a_key_may_burst_and_is_then_refilled_evenly() -> None:
    buckets = TokenBuckets(Bounds(60, 2))
    assert [buckets.take("a", 0) for _ in range(3)] == [True, True, False]
    assert not buckets.take("a", 999)
    assert buckets.take("a", 1_000)
    assert not buckets.take("a", 1_001)


def test_what_was_refused_costs_nothing() -> None:
    buckets = TokenBuckets(Bounds(60, 1))
    assert buckets.take("a", 0)
    assert not any(buckets.take("a", ms) for ms in range(0, 1_000, 100))
    assert buckets.take("a", 1_001)


def test_keys_do_not_touch_each_other() -> None:
    buckets = TokenBuckets(Bounds(60, 1))
    assert buckets.take("a", 0)
    assert buckets.take("b", 0)


def test_several_tokens_are_taken_whole_or_not_at_all() -> None:
    buckets = TokenBuckets(Bounds(60, 5))
    assert not buckets.take("a", 0, 6)
    assert buckets.take("a", 0, 5)


def test_a_flood_of_keys_forgets_the_least_used_and_locks_nobody_out() -> None:
    buckets = TokenBuckets(Bounds(1, 1), most=2)
    assert buckets.take("a", 0)
    assert buckets.take("b", 0)
    assert not buckets.take("a", 0)
    assert buckets.take("c", 0)
    assert not buckets.take("a", 0)
    assert buckets.take("b", 0)


def test_a_clock_that_steps_back_neither_gives_nor_takes() -> None:
    buckets = TokenBuckets(Bounds(60, 2))
    assert buckets.take("a", 10_000)
    assert buckets.take("a", 0)
    assert not buckets.take("a", 0)
    assert not buckets.take("a", 10_000)


@given(
    st.lists(st.integers(0, 5_000), min_size=1, max_size=60),
    st.integers(1, 600),
    st.integers(1, 20),
)
def test_nobody_ever_gets_more_than_the_burst_and_the_refill(
    pauses: list[int], per_minute: int, burst: int
) -> None:
    buckets = TokenBuckets(Bounds(per_minute, burst))
    now, taken = 0, 0
    for pause in pauses:
        now += pause
        taken += buckets.take("a", now)
        assert taken <= burst + now * per_minute / 60_000 + 1e-6


def test_a_look_whether_something_is_left_takes_nothing() -> None:
    buckets = TokenBuckets(Bounds(60, 1))
    assert buckets.has_left("a", 0)
    assert buckets.take("a", 0)
    assert not buckets.has_left("a", 999)
    assert buckets.has_left("a", 1_000)
    assert buckets.take("a", 1_000)


@pytest.mark.parametrize(("per_minute", "seconds"), [(60, 1), (6, 10), (7, 9), (600, 1), (1, 60)])
def test_after_the_refill_of_empty_bounds_there_is_one(per_minute: int, seconds: int) -> None:
    bounds = Bounds(per_minute, 1)
    assert bounds.refill_s == seconds
    buckets = TokenBuckets(bounds)
    assert buckets.take("a", 0)
    assert buckets.take("a", seconds * 1_000)


def test_another_process_goes_on_with_what_is_kept() -> None:
    buckets = TokenBuckets(Bounds(60, 2))
    assert buckets.take("a", 0)
    other = TokenBuckets(Bounds(60, 2), kept=buckets.kept)
    assert [other.take("a", 0), other.take("a", 0)] == [True, False]
    assert buckets.take("a", 0)
