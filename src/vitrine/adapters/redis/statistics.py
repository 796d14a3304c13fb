"""What a Redis says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vitrine.signals import CacheServerRead


def statistics_of(said: Mapping[str, Any]) -> CacheServerRead:
    """Return what its `INFO` says, of all who use it; what it leaves out is 0."""

    def number(name: str) -> int:
        return int(said.get(name, 0))

    return CacheServerRead(
        memory_bytes=number("used_memory"),
        limit_bytes=number("maxmemory"),
        hits=number("keyspace_hits"),
        misses=number("keyspace_misses"),
        evicted=number("evicted_keys"),
        expired=number("expired_keys"),
        clients=number("connected_clients"),
    )
