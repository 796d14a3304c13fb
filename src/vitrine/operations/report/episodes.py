"""When an alert fired: from the minutes in which it did to episodes, and what they add up to."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from vitrine.operations.report.period import DAY_S

STEP_S = 60
"""How exactly it is known when an alert fired."""


class Episode(NamedTuple):
    """An alert fired from `start` to `end`, in seconds since 1970."""

    start: float
    end: float

    @property
    def length_s(self) -> float:
        return self.end - self.start


class Firings(NamedTuple):
    """Every episode of one alert in a period, in their order."""

    alert: str
    episodes: Sequence[Episode]

    @property
    def total_s(self) -> float:
        return sum(one.length_s for one in self.episodes)

    @property
    def longest_s(self) -> float:
        return max(one.length_s for one in self.episodes)

    @property
    def most_a_day(self) -> int:
        """How often it began in its worst 24 hours, whenever these began."""
        starts = [one.start for one in self.episodes]
        return max(bisect_left(starts, at + DAY_S) - n for n, at in enumerate(starts))

    @property
    def usual_gap_s(self) -> float | None:
        """Median time from an end to the next beginning; `None` where there is only one."""
        gaps = [later.start - earlier.end for earlier, later in pairwise(self.episodes)]
        return median(gaps) if gaps else None

    def longer_than(self, seconds: float) -> int:
        """Return how many episodes lasted longer."""
        return sum(one.length_s > seconds for one in self.episodes)

    def with_pauses_of(self, seconds: float) -> int:
        """Return how many episodes were left if pauses up to so many seconds ended none."""
        apart = [later.start - earlier.end > seconds for earlier, later in pairwise(self.episodes)]
        return 1 + sum(apart)

    def seconds_by_day(self) -> dict[int, float]:
        """Return for how long it fired on each UTC day, by the day's beginning."""
        found: dict[int, float] = {}
        for one in self.episodes:
            at = one.start
            while at < one.end:
                day = int(at // DAY_S) * DAY_S
                until = min(one.end, day + DAY_S)
                found[day] = found.get(day, 0.0) + until - at
                at = until
        return found


def episodes(minutes: Iterable[float], step_s: float = STEP_S) -> list[Episode]:
    """Join the minutes in which an alert fired, each known by its end."""
    found: list[Episode] = []
    for end in minutes:
        if found and end - found[-1].end <= step_s:
            found[-1] = Episode(found[-1].start, end)
        else:
            found.append(Episode(end - step_s, end))
    return found
