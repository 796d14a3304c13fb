from __future__ import annotations

from vitrine.domain.breaker import (
    FAILURES_TO_OPEN,
    FIRST_PAUSE_MS,
    LONGEST_PAUSE_MS,
    PERMANENT_PAUSE_MS,
    Breaker,
    BreakerState,
)

NOW = 1_700_000_000_000


def opened() -> Breaker:
    breaker = Breaker()
    for _ in range(FAILURES_TO_OPEN):
        assert breaker.admits(NOW)
        breaker.failed(NOW)
    return breaker


def test_it_opens_after_three_failures_in_a_row_and_not_before() -> None:
    breaker = Breaker()
    for _ in range(FAILURES_TO_OPEN - 1):
        breaker.failed(NOW)
    assert breaker.state(NOW) is BreakerState.CLOSED
    breaker.succeeded()
    breaker.failed(NOW)
    assert breaker.state(NOW) is BreakerState.CLOSED
    assert opened().state(NOW) is BreakerState.OPEN
    assert not opened().admits(NOW)


def test_one_probe_at_a_time_decides_what_comes_next() -> None:
    breaker = opened()
    later = NOW + FIRST_PAUSE_MS
    assert breaker.state(later) is BreakerState.HALF_OPEN
    assert breaker.admits(later)
    assert not breaker.admits(later), "a second call would be no probe"
    breaker.succeeded()
    assert breaker.state(later) is BreakerState.CLOSED


def test_a_probe_that_fails_doubles_the_pause_up_to_its_longest() -> None:
    breaker, now, pause = opened(), NOW, FIRST_PAUSE_MS
    for _ in range(8):
        assert not breaker.admits(now + pause - 1)
        now += pause
        assert breaker.admits(now)
        breaker.failed(now)
        pause = min(pause * 2, LONGEST_PAUSE_MS)
    assert breaker.record.open_until == now + LONGEST_PAUSE_MS


def test_a_probe_that_was_given_up_lets_the_next_one_try() -> None:
    breaker = opened()
    later = NOW + FIRST_PAUSE_MS
    assert breaker.admits(later)
    breaker.abandoned()
    assert breaker.admits(later)


def test_a_permanent_failure_opens_at_once_and_for_an_hour() -> None:
    breaker = Breaker()
    breaker.failed(NOW, permanent=True)
    assert breaker.state(NOW + PERMANENT_PAUSE_MS - 1) is BreakerState.OPEN
    assert breaker.state(NOW + PERMANENT_PAUSE_MS) is BreakerState.HALF_OPEN


def test_who_asks_to_be_left_alone_is_left_alone_just_so_long() -> None:
    breaker = Breaker()
    breaker.failed(NOW, asked_pause_ms=7_000)
    assert breaker.state(NOW + 6_999) is BreakerState.OPEN
    assert breaker.state(NOW + 7_000) is BreakerState.HALF_OPEN


def test_a_pause_can_end_early_for_one_probe() -> None:
    breaker = Breaker()
    breaker.failed(NOW, permanent=True)
    breaker.reconsidered(NOW + 1)
    assert breaker.state(NOW + 1) is BreakerState.HALF_OPEN
    closed = Breaker()
    closed.reconsidered(NOW)
    assert closed.state(NOW) is BreakerState.CLOSED


def test_its_record_is_all_that_the_next_process_needs() -> None:
    record = opened().record
    assert Breaker(record).state(NOW) is BreakerState.OPEN
    assert Breaker(record).state(NOW + FIRST_PAUSE_MS) is BreakerState.HALF_OPEN
