"""What a Redis says of itself."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from vitrine.signals import CacheServerRead

_DATABASE = re.compile(r"db\d+")


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
        **_keys_of([part for name, part in said.items() if _DATABASE.fullmatch(name)]),
    )


def _keys_of(databases: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return how many keys there are in all databases, how many expire, and when on average."""
    expiring = sum(int(one["expires"]) for one in databases)
    left_ms = sum(int(one["expires"]) * int(one["avg_ttl"]) for one in databases)
    keys = sum(int(one["keys"]) for one in databases)
    return {"keys": keys, "expiring": expiring, "ttl_s": left_ms / 1000 / max(expiring, 1)}
