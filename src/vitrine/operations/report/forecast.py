"""When a store will be full: a straight line through what it took."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from vitrine.operations.report.period import DAY_S, HOUR_S

DAYS = 14
"""A line is put through so many days, whichever period is reported: what scrapes are kept for."""
STEP_S = 3_600
LEAST_DAYS = 2.0
LEAST_POINTS = 12
SETTLED = 0.98
"""A store that holds this share of the time that it may hold grows by its traffic alone."""


Points = Sequence[tuple[float, float]]
"""Times in seconds since 1970, each with the bytes that were taken then."""


class Trend(NamedTuple):
    """Bytes that a store grows by in a day, by least squares, and what the line rests on."""

    per_day: float
    points: int
    days: float


class Store(NamedTuple):
    """What is known of a store now: bytes, seconds since its oldest sample; `None` is no limit."""

    size: float
    oldest_s: float | None
    retention_s: float | None
    limit: float | None
    free: float | None


class Forecast(NamedTuple):
    """What comes first: `what` is reached `at` (seconds since 1970), at `size` bytes.

    `fits` is false where the room ends before the time does that it is meant to hold.
    """

    what: str
    at: float
    size: float
    fits: bool


def trend(points: Points) -> Trend | None:
    """Fit the growth of a size; `None` for fewer than 12 points or 2 days of them."""
    days = (points[-1][0] - points[0][0]) / DAY_S if points else 0.0
    if len(points) < LEAST_POINTS or days < LEAST_DAYS:
        return None
    at, size = np.asarray(points, dtype=float).T
    slope = np.polynomial.Polynomial.fit((at - at[0]) / DAY_S, size, 1).convert().coef
    return Trend(float(slope[1]) if len(slope) > 1 else 0.0, len(points), days)


def too_young(points: Points) -> str:
    """Return why there is no trend yet."""
    hours = (points[-1][0] - points[0][0]) / HOUR_S if points else 0.0
    return f"not known yet ({hours:.0f} {'hour' if round(hours) == 1 else 'hours'} of records)"


def forecast(store: Store, growth: Trend, now: float) -> Forecast | None:
    """Return which bound a store meets first; `None` where it meets none as it grows now."""
    met = [one for one in (_room(store, growth, now), _time(store, growth, now)) if one]
    return min(met, key=lambda one: one.at, default=None)


def settled(store: Store) -> bool:
    """Whether a store holds all the time that it may hold, so that it forgets as it takes."""
    if store.oldest_s is None or store.retention_s is None:
        return False
    return store.oldest_s >= SETTLED * store.retention_s


def _room(store: Store, growth: Trend, now: float) -> Forecast | None:
    """Return when its own limit or the disk is full, whichever comes first."""
    bounds = [
        (what, left)
        for what, left in (
            ("its own limit", None if store.limit is None else store.limit - store.size),
            ("the end of the disk", store.free),
        )
        if left is not None
    ]
    if growth.per_day <= 0 or not bounds:
        return None
    what, left = min(bounds, key=lambda one: one[1])
    return Forecast(what, now + max(left, 0.0) / growth.per_day * DAY_S, store.size + left, False)


def _time(store: Store, growth: Trend, now: float) -> Forecast | None:
    """Return when the oldest sample will be as old as any may get."""
    if store.oldest_s is None or store.retention_s is None or settled(store):
        return None
    left_s = store.retention_s - store.oldest_s
    size = store.size + max(growth.per_day, 0.0) * left_s / DAY_S
    return Forecast("its retention", now + left_s, size, True)
