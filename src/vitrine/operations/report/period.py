"""Which time a report is about, and the time before it that it is compared with."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from vitrine.domain.period import Period

HOUR_S = 3_600
DAY_S = 24 * HOUR_S


class Span(NamedTuple):
    """The days of a period up to `end`, in seconds since 1970."""

    period: Period
    end: float

    @property
    def start(self) -> float:
        return self.end - self.period.days * DAY_S

    @property
    def step_s(self) -> int:
        """Seconds between two points of its plots: about 100 to 180 of them."""
        steps = {"daily": 900, "weekly": 3_600, "monthly": 14_400, "quarterly": 43_200}
        return steps[self.period.value]

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
