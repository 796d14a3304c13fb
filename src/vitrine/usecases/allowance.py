"""What one process allows in a minute by one limit."""

from __future__ import annotations

from vitrine.domain.limit import Bounds, LimitName, TokenBuckets
from vitrine.signals import Emit, LimitReached


class Allowance:
    """The buckets of one limit; what is refused is announced."""

    def __init__(self, limit: LimitName, bounds: Bounds, emit: Emit) -> None:
        self._limit = limit
        self._buckets = TokenBuckets(bounds)
        self._emit = emit
        self.refill_s = bounds.refill_s

    def take(self, key: str, now_ms: int) -> bool:
        """Return whether the key was allowed one more, and count it if so."""
        return self._told(allowed=self._buckets.take(key, now_ms))

    def has_left(self, key: str, now_ms: int) -> bool:
        """Return whether the key would be allowed one more; it costs nothing."""
        return self._told(allowed=self._buckets.has_left(key, now_ms))

    def _told(self, *, allowed: bool) -> bool:
        if not allowed:
            self._emit(LimitReached(self._limit, 1))
        return allowed
