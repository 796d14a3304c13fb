"""What an objective is: a promise with a target, a way to count it, and 30 days to keep it in."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from vitrine.catalogue.promql import Expression

DAYS = 30
"""Days over which a budget is spent."""


class Burn(NamedTuple):
    """One row of a multi-window burn-rate alert: both windows must burn faster than `rate`.

    At `rate` 1 the whole budget is spent in exactly 30 days. The rows are those of the SRE
    workbook, chapter 5, table 5-8, with the fourth row that slok/sloth adds.
    """

    rate: float
    long: str
    short: str
    page: bool


BURNS = (
    Burn(14.4, "1h", "5m", page=True),
    Burn(6.0, "6h", "30m", page=True),
    Burn(3.0, "1d", "2h", page=False),
    Burn(1.0, "3d", "6h", page=False),
)


@dataclass(frozen=True, slots=True)
class Ratio:
    """A share of events that must be good.

    `bad` and `total` are sums of counters per job and instance, without `rate`; they are
    recorded so that a restart stays a reset. What is counted is the bad events, in one
    expression: were good and total counted apart, a scrape between the two would look like a
    scrape's worth of failures. `least_events` in a row's long window make its
    ratio worth an alert: one failure of three requests at night wakes nobody.
    """

    id: str
    title: str
    guide: str
    target: float
    bad: Expression
    total: Expression
    least_events: int = 20

    @property
    def budget(self) -> float:
        """Share of events that may be bad."""
        return 1.0 - self.target

    def burns(self) -> Iterator[Burn]:
        """Yield the rows that can fire: a threshold of 1 or more never could."""
        return (burn for burn in BURNS if burn.rate * self.budget < 1.0)
