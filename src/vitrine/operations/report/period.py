"""Which time a report is about, and the time before it that it is compared with."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

HOUR_S = 3_600
DAY_S = 24 * HOUR_S


class Period(StrEnum):
    """How often a report is read: the rarer, the longer it looks back and the more it says."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"

    @property
    def days(self) -> int:
        return {"daily": 1, "weekly": 7, "monthly": 30, "quarterly": 91}[self.value]

    @property
    def step_s(self) -> int:
        """Seconds between two points of its plots: about 100 to 180 of them."""
        return {"daily": 900, "weekly": 3_600, "monthly": 14_400, "quarterly": 43_200}[self.value]

    def says_as_much_as(self, other: Period) -> bool:
        """Whether whatever stands in the other one stands in this one too."""
        return self.days >= other.days


class Span(NamedTuple):
    """The days of a period up to `end`, in seconds since 1970."""

    period: Period
    end: float

    @property
    def start(self) -> float:
        return self.end - self.period.days * DAY_S

    @property
    def window(self) -> str:
        """How PromQL writes it."""
        return f"{self.period.days}d"

    @property
    def words(self) -> str:
        first, last = (datetime.fromtimestamp(at, UTC) for at in (self.start, self.end))
        return f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC"

    @property
    def date(self) -> str:
        """The day on which it ends."""
        return f"{datetime.fromtimestamp(self.end, UTC):%Y-%m-%d}"
