"""How often a report is read, and when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum

HOUR = 6
"""Of the day, UTC: reports are made before work begins."""
DAY = timedelta(days=1)
MONDAY = 0


class Period(StrEnum):
    """How often a report is read: the rarer, the longer it looks back and the more it says."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"

    @property
    def days(self) -> int:
        return {"daily": 1, "weekly": 7, "monthly": 30, "quarterly": 91}[self.value]

    def says_as_much_as(self, other: Period) -> bool:
        """Whether whatever stands in the other one stands in this one too."""
        return self.days >= other.days

    def last_due(self, now: datetime) -> datetime:
        """Return when its report was due last: at six o'clock UTC.

        That is each day's, each Monday's, or that of the first day of a month or quarter.
        """
        due = now.astimezone(UTC).replace(hour=HOUR, minute=0, second=0, microsecond=0)
        if due > now:
            due -= DAY
        while not self._is_read_on(due):
            due -= DAY
        return due

    def _is_read_on(self, day: datetime) -> bool:
        return {
            Period.DAILY: True,
            Period.WEEKLY: day.weekday() == MONDAY,
            Period.MONTHLY: day.day == 1,
            Period.QUARTERLY: day.day == 1 and day.month % 3 == 1,
        }[self]
