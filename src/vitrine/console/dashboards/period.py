"""The time that a dashboard shows, and how finely."""

from __future__ import annotations

import re
from typing import NamedTuple

from vitrine.usecases.monitoring_ports import Grid

SCRAPE_S = 15
"""Seconds between two scrapes, as the generated configuration has it."""
RECORD_S, RECORD_WINDOWS = 60, 200
MOST_POINTS = 400
"""More would not be seen: a panel is about as many pixels wide."""
LAST = {
    "5m": 300,
    "15m": 900,
    "30m": 1_800,
    "1h": 3_600,
    "3h": 10_800,
    "6h": 21_600,
    "12h": 43_200,
    "24h": 86_400,
    "2d": 172_800,
    "7d": 604_800,
    "30d": 2_592_000,
    "90d": 7_776_000,
    "1y": 31_536_000,
}
"""The choices, in seconds."""
USUAL = "1h"
SHORTEST_S = 60
LONGEST_S = 366 * 86_400
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400)

_SINCE = re.compile(r"now-(\w+)")


class Period(NamedTuple):
    """From `start` to `end`, in seconds since 1970; `last` names it where it follows the clock."""

    start: int
    end: int
    last: str = ""

    @property
    def length(self) -> int:
        return self.end - self.start

    @property
    def step(self) -> int:
        """Return the seconds between two points, of the even ones the smallest that will do."""
        least = self.length / MOST_POINTS
        return next((step for step in STEPS if step >= least), STEPS[-1])

    @property
    def grid(self) -> Grid:
        """Return the times of the points; they stay where they are as the clock moves on."""
        start = -(-self.start // self.step) * self.step
        return Grid(start, max(start, self.end), self.step)

    @property
    def rate_interval(self) -> int:
        """Return the window of rates, by Grafana's rule: never less than four scrapes."""
        return max(self.step + SCRAPE_S, 4 * SCRAPE_S)

    @property
    def records_interval(self) -> int:
        """Return the window of rates of what is recorded once a minute: four of these at least."""
        return max(self.length // RECORD_WINDOWS, 4 * RECORD_S)

    @property
    def query(self) -> dict[str, str]:
        """Return what an address says of it, as Grafana's do."""
        if self.last:
            return {"from": f"now-{self.last}", "to": "now"}
        return {"from": str(self.start * 1_000), "to": str(self.end * 1_000)}

    def moved(self, by: int) -> Period:
        """Return a period of the same length, so many lengths later."""
        return Period(self.start + by * self.length, self.end + by * self.length)


def period(since: str, until: str, now_ms: int) -> Period:
    """Return the period that an address names; the last hour where it names none."""
    now = now_ms // 1_000
    found = _SINCE.fullmatch(since)
    if found is not None and found[1] in LAST:
        return Period(now - LAST[found[1]], now, found[1])
    if since.isdecimal() and (until.isdecimal() or until == "now"):
        start = int(since[:16]) // 1_000
        end = now if until == "now" else int(until[:16]) // 1_000
        if SHORTEST_S <= end - start <= LONGEST_S:
            return Period(start, end)
    return Period(now - LAST[USUAL], now, USUAL)
