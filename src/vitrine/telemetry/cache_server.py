"""What the signals about a cache server count as."""

from __future__ import annotations

from collections.abc import Callable

from vitrine.catalogue.cache_server import (
    READ,
    SERVER_CLIENTS,
    SERVER_EVICTED,
    SERVER_EXPIRED,
    SERVER_EXPIRING,
    SERVER_HITS,
    SERVER_KEYS,
    SERVER_LOSSES,
    SERVER_MEMORY,
    SERVER_MEMORY_LIMIT,
    SERVER_MISSES,
    SERVER_TTL,
    SERVER_UP,
)
from vitrine.signals import CacheServerFound, CacheServerLost, CacheServerRead
from vitrine.telemetry.registry import Registry


def lost(registry: Registry) -> Callable[[CacheServerLost], None]:
    """Return what counts a loss; what was read before is not true any more."""

    def count(signal: CacheServerLost) -> None:
        registry[SERVER_UP].set(0.0)
        registry[SERVER_LOSSES].inc(signal.reason.value)
        for metric in READ:
            registry[metric].drop()

    return count


def found(registry: Registry) -> Callable[[CacheServerFound], None]:
    """Return what notes that it is used."""
    return lambda _signal: registry[SERVER_UP].set(1.0)


def read(registry: Registry) -> Callable[[CacheServerRead], None]:
    """Return what keeps what it says of itself."""

    def count(signal: CacheServerRead) -> None:
        registry[SERVER_MEMORY].set(signal.memory_bytes)
        registry[SERVER_HITS].set(signal.hits)
        registry[SERVER_MISSES].set(signal.misses)
        registry[SERVER_EVICTED].set(signal.evicted)
        registry[SERVER_EXPIRED].set(signal.expired)
        registry[SERVER_CLIENTS].set(signal.clients)
        registry[SERVER_KEYS].set(signal.keys)
        registry[SERVER_EXPIRING].set(signal.expiring)
        absent_at_0 = {SERVER_MEMORY_LIMIT: signal.limit_bytes, SERVER_TTL: signal.ttl_s}
        for metric, known in absent_at_0.items():
            if known:
                registry[metric].set(known)
            else:
                registry[metric].drop()

    return count
