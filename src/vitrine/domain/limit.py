"""How much one sender may send: token buckets, as many as fit."""

from __future__ import annotations

from collections.abc import Mapping

Kept = Mapping[str, tuple[float, int]]
"""How full each bucket was, and when, in milliseconds."""


class TokenBuckets:
    """One bucket per key, refilled evenly; at most `most` keys, the least used ones forgotten.

    A forgotten key starts full again, so a flood of keys never locks anybody out. `kept` are
    buckets that another process has taken from.
    """

    def __init__(
        self, *, per_minute: float, burst: float, most: int = 20_000, kept: Kept | None = None
    ) -> None:
        self._per_ms = per_minute / 60_000
        self._burst = burst
        self._most = most
        self._buckets = dict(kept or {})

    def take(self, key: str, now_ms: int, tokens: float = 1.0) -> bool:
        """Return whether the key had that many tokens left, and take them if so."""
        level, then = self._buckets.pop(key, (self._burst, now_ms))
        now_ms = max(now_ms, then)  # a clock that steps back must not refill twice
        level = min(self._burst, level + (now_ms - then) * self._per_ms)
        enough = level >= tokens
        self._buckets[key] = (level - tokens if enough else level, now_ms)
        if len(self._buckets) > self._most:
            del self._buckets[next(iter(self._buckets))]
        return enough

    @property
    def kept(self) -> Kept:
        """Return what another process can begin with."""
        return dict(self._buckets)

    def forget(self, key: str) -> None:
        """Have a key start full again."""
        self._buckets.pop(key, None)
