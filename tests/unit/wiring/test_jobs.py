from __future__ import annotations

from datetime import UTC, datetime, timedelta

from croniter import croniter  # type: ignore[import-untyped]

from vitrine.usecases.reports import AGAIN_AFTER_MS, WITHIN_S
from vitrine.wiring.jobs import EACH_MORNING

SIX = datetime(2026, 11, 30, 6, tzinfo=UTC)


def test_reports_are_looked_for_every_ten_minutes_for_as_long_as_they_may_be_late() -> None:
    runs = croniter(EACH_MORNING, SIX - timedelta(seconds=1))
    again = timedelta(milliseconds=AGAIN_AFTER_MS)
    for number in range(int(timedelta(seconds=WITHIN_S) / again)):
        assert runs.get_next(datetime) == SIX + number * again
    assert runs.get_next(datetime) == SIX + timedelta(days=1)
