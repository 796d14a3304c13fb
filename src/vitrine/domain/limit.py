"""How much one sender may send: token buckets, as many as fit."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from math import ceil
from typing import NamedTuple


class LimitName(StrEnum):
    """Every limit on who sends; `catalogue/limits.py` says what each is."""

    VISITOR_EVENTS = "visitor_events"
    NETWORK_EVENTS = "network_events"
    SITE_EVENTS = "site_events"
    NETWORK_ASKS = "network_asks"
    NETWORK_QUESTIONS = "network_questions"
    TOKEN_REQUESTS = "token_requests"  # noqa: S105 - a limit, not a secret
    NETWORK_WRONG_TOKENS = "network_wrong_tokens"
    NETWORK_LOGINS = "network_logins"
    SITE_LOGINS = "site_logins"


class Bounds(NamedTuple):
    """What one key may take: evenly refilled, at most a burst at once."""

    per_minute: float
    burst: float

    @property
    def refill_s(self) -> int:
        """Seconds after which an empty bucket has one token again, rounded up."""
        return ceil(60 / self.per_minute)


class EventBounds(NamedTuple):
    """How many events each visitor, each network and the whole site may send."""

    visitor: Bounds
    network: Bounds
    site: Bounds


Kept = Mapping[str, tuple[float, int]]
"""How full each bucket was, and when, in milliseconds."""


class TokenBuckets:
    """One bucket per key, refilled evenly; at most `most` keys, the least used ones forgotten.

    A forgotten key starts full again, so a flood of keys never locks anybody out. `kept` are
    buckets that another process has taken from.
    """

    def __init__(self, bounds: Bounds, *, most: int = 20_000, kept: Kept | None = None) -> None:
        self._per_ms = bounds.per_minute / 60_000
        self._burst = bounds.burst
        self._most = most
        self._buckets = dict(kept or {})

    def take(self, key: str, now_ms: int, tokens: float = 1.0) -> bool:
        """Return whether the key had that many tokens left, and take them if so."""
        level, now_ms = self._refilled(self._buckets.pop(key, None), now_ms)
        enough = level >= tokens
        self._buckets[key] = (level - tokens if enough else level, now_ms)
        if len(self._buckets) > self._most:
            del self._buckets[next(iter(self._buckets))]
        return enough

    def has_left(self, key: str, now_ms: int) -> bool:
        """Return whether the key has a token left, and take none."""
        return self._refilled(self._buckets.get(key), now_ms)[0] >= 1

    @property
    def kept(self) -> Kept:
        """Return what another process can begin with."""
        return dict(self._buckets)

    def forget(self, key: str) -> None:
        """Have a key start full again."""
        self._buckets.pop(key, None)

    def _refilled(self, bucket: tuple[float, int] | None, now_ms: int) -> tuple[float, int]:
        """Return how full a bucket is, and when: a clock that steps back does not refill twice."""
        if bucket is None:
            return self._burst, now_ms
        level, then = bucket
        if now_ms <= then:
            return level, then
        return min(self._burst, level + (now_ms - then) * self._per_ms), now_ms
