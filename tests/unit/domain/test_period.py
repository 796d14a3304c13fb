from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from vitrine.domain.period import Period

SUNDAY_NOON = datetime(2026, 11, 29, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("period", "due"),
    [("daily", (11, 29)), ("weekly", (11, 23)), ("monthly", (11, 1)), ("quarterly", (10, 1))],
)
def test_a_report_was_due_last_at_six_of_the_last_day_of_its_kind(
    period: str, due: tuple[int, int]
) -> None:
    month, day = due
    assert Period(period).last_due(SUNDAY_NOON) == datetime(2026, month, day, 6, tzinfo=UTC)


def test_before_six_it_is_the_day_before_and_at_six_the_day_itself() -> None:
    six = SUNDAY_NOON.replace(hour=6)
    assert Period.DAILY.last_due(six) == six
    assert Period.DAILY.last_due(six - timedelta(seconds=1)) == six - timedelta(days=1)


def test_the_hour_is_that_of_utc_wherever_the_clock_is() -> None:
    there = SUNDAY_NOON.astimezone(timezone(timedelta(hours=-11)))
    assert Period.DAILY.last_due(there) == SUNDAY_NOON.replace(hour=6)
