from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from vitrine.domain.limit import TokenBuckets


def test_a_key_may_burst_and_is_then_refilled_evenly() -> None:
    buckets = TokenBuckets(per_minute=60, burst=2)
    assert [buckets.take("a", 0) for _ in range(3)] == [True, True, False]
    assert not buckets.take("a", 999)
    assert buckets.take("a", 1_000)
    assert not buckets.take("a", 1_001)


def test_what_was_refused_costs_nothing() -> None:
    buckets = TokenBuckets(per_minute=60, burst=1)
    assert buckets.take("a", 0)
    assert not any(buckets.take("a", ms) for ms in range(0, 1_000, 100))
    assert buckets.take("a", 1_001)


def test_keys_do_not_touch_each_other() -> None:
    buckets = TokenBuckets(per_minute=60, burst=1)
    assert buckets.take("a", 0)
    assert buckets.take("b", 0)


def test_several_tokens_are_taken_whole_or_not_at_all() -> None:
    buckets = TokenBuckets(per_minute=60, burst=5)
    assert not buckets.take("a", 0, 6)
    assert buckets.take("a", 0, 5)


def test_a_flood_of_keys_forgets_the_least_used_and_locks_nobody_out() -> None:
    buckets = TokenBuckets(per_minute=1, burst=1, most=2)
    assert buckets.take("a", 0)
    assert buckets.take("b", 0)
    assert not buckets.take("a", 0)
    assert buckets.take("c", 0)
    assert not buckets.take("a", 0)
    assert buckets.take("b", 0)


def test_a_clock_that_steps_back_neither_gives_nor_takes() -> None:
    buckets = TokenBuckets(per_minute=60, burst=2)
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
    buckets = TokenBuckets(per_minute=per_minute, burst=burst)
    now, taken = 0, 0
    for pause in pauses:
        now += pause
        taken += buckets.take("a", now)
        assert taken <= burst + now * per_minute / 60_000 + 1e-6


def test_another_process_goes_on_with_what_is_kept() -> None:
    buckets = TokenBuckets(per_minute=60, burst=2)
    assert buckets.take("a", 0)
    other = TokenBuckets(per_minute=60, burst=2, kept=buckets.kept)
    assert [other.take("a", 0), other.take("a", 0)] == [True, False]
    assert buckets.take("a", 0)
