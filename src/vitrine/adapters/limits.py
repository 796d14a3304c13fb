"""Limits in the process."""

from __future__ import annotations

from collections.abc import Sequence

from vitrine.domain.limit import EventBounds, LimitName, TokenBuckets

SITE = ""
"""The one key of the site's bucket."""


class MemoryLimits:
    """Satisfies `Limits`: the buckets of visitors, of networks and of the site."""

    def __init__(self, bounds: EventBounds) -> None:
        self._visitors = TokenBuckets(bounds.visitor)
        self._networks = TokenBuckets(bounds.network)
        self._site = TokenBuckets(bounds.site)

    async def take(
        self, network: str, visitors: Sequence[str], now_ms: int
    ) -> Sequence[LimitName | None]:
        return [self._refusal(network, one, now_ms) for one in visitors]

    async def forget(self, visitor: str) -> None:
        self._visitors.forget(visitor)

    def _refusal(self, network: str, visitor: str, now_ms: int) -> LimitName | None:
        if not self._networks.take(network, now_ms):
            return LimitName.NETWORK_EVENTS
        if not self._visitors.take(visitor, now_ms):
            return LimitName.VISITOR_EVENTS
        return None if self._site.take(SITE, now_ms) else LimitName.SITE_EVENTS
