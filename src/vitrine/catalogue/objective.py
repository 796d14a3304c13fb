"""What an objective is: a promise in one of three kinds, looked at over 30 days.

A `Ratio` is a share of events with a budget; a `Limit` a figure that is kept or not in each
minute; a `Trend` is shown only.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from vitrine.catalogue.promql import Expression

DAYS = 30
"""Days over which a budget is spent."""
SHARE, SECONDS = "share", "s"
"""Units of figures; anything else is a count of what it names."""


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
SPOKEN = {"1h": "Hour", "6h": "SixHours", "1d": "Day", "3d": "ThreeDays"}


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

    def alert(self, burn: Burn) -> str:
        """Return the name of the alert of one row, such as `ApiSuccessBurnInHour`."""
        camel = "".join(part.capitalize() for part in self.id.split("_"))
        return f"{camel}BurnIn{SPOKEN[burn.long]}"


@dataclass(frozen=True, slots=True)
class Limit:
    """A figure that must not be above `most`; what counts is the minutes in which it was.

    `figure` looks back over one minute and is one series without labels, or nothing where
    there was nothing to measure: such a minute counts neither way. `unit` is one of PromQL's
    base units: `s`, a share, or a count.
    """

    id: str
    title: str
    guide: str
    figure: Expression
    most: float
    unit: str


@dataclass(frozen=True, slots=True)
class Trend:
    """A figure whose direction is shown: how much it grew over `window`; `record` is its name."""

    id: str
    title: str
    guide: str
    record: str
    figure: Expression
    window: str


def spoken(figure: float, unit: str) -> str:
    """Return a figure of an objective as a person reads it, such as `12.5 ms`."""
    if unit == SHARE:
        return f"{figure:.2%}"
    return f"{figure * 1_000:.1f} ms" if unit == SECONDS else f"{figure:g} {unit}"
