"""Limits in the process."""

from __future__ import annotations

from collections.abc import Sequence

from vitrine.domain.limit import TokenBuckets


class MemoryLimits:
    """Satisfies `Limits`: the buckets of visitors and of networks, each with its own bounds."""

    def __init__(self, *, visitors: TokenBuckets, networks: TokenBuckets) -> None:
        self._visitors = visitors
        self._networks = networks

    async def take(self, network: str, visitors: Sequence[str], now_ms: int) -> Sequence[bool]:
        networks, of_visitors = self._networks.take, self._visitors.take
        return [networks(network, now_ms) and of_visitors(one, now_ms) for one in visitors]

    async def forget(self, visitor: str) -> None:
        self._visitors.forget(visitor)
