"""The metrics on a cache server, a Redis: they exist only where one is configured.

What it says of itself is of all who use it, and there only while it answers.
"""

from __future__ import annotations

from vitrine.catalogue.metric import Kind, Label, Metric
from vitrine.signals import CacheServerUse, LossReason

SERVER_UP = Metric(
    "cache_server_up",
    Kind.GAUGE,
    "switch",
    "1 while the cache server is used, 0 while it is away and the process helps itself.",
)
SERVER_LOSSES = Metric(
    "cache_server_losses_total",
    Kind.COUNTER,
    "times",
    "Times that the cache server went away, by what it was noticed from.",
    (Label("reason", tuple(reason.value for reason in LossReason)),),
)
SERVER_FALLBACKS = Metric(
    "cache_server_fallbacks_total",
    Kind.COUNTER,
    "requests",
    "Times that the process helped itself because the cache server was away, by what for.",
    (Label("use", tuple(use.value for use in CacheServerUse)),),
)
SERVER_MEMORY = Metric(
    "cache_server_memory_bytes",
    Kind.GAUGE,
    "bytes",
    "Memory that the cache server uses.",
)
SERVER_MEMORY_LIMIT = Metric(
    "cache_server_memory_limit_bytes",
    Kind.GAUGE,
    "bytes",
    "Memory that the cache server may use; absent where it has no limit.",
)
SERVER_HITS = Metric(
    "cache_server_keyspace_hits_total",
    Kind.COUNTER,
    "look-ups",
    "Look-ups of keys that the cache server had.",
)
SERVER_MISSES = Metric(
    "cache_server_keyspace_misses_total",
    Kind.COUNTER,
    "look-ups",
    "Look-ups of keys that the cache server did not have.",
)
SERVER_EVICTED = Metric(
    "cache_server_evicted_keys_total",
    Kind.COUNTER,
    "keys",
    "Keys that the cache server threw out to make room.",
)
SERVER_EXPIRED = Metric(
    "cache_server_expired_keys_total",
    Kind.COUNTER,
    "keys",
    "Keys of the cache server that reached their age.",
)
SERVER_CLIENTS = Metric(
    "cache_server_clients",
    Kind.GAUGE,
    "connections",
    "Connections that the cache server has.",
)
SERVER_KEYS = Metric(
    "cache_server_keys",
    Kind.GAUGE,
    "keys",
    "Keys that the cache server holds, in all of its databases.",
)
SERVER_EXPIRING = Metric(
    "cache_server_expiring_keys",
    Kind.GAUGE,
    "keys",
    "Keys of the cache server that will reach an age; the others stay until they are deleted.",
)
SERVER_TTL = Metric(
    "cache_server_keys_ttl_seconds",
    Kind.GAUGE,
    "seconds",
    "Time that expiring keys have left on average, as the server estimates; absent where unknown.",
)

READ = (
    SERVER_MEMORY,
    SERVER_MEMORY_LIMIT,
    SERVER_HITS,
    SERVER_MISSES,
    SERVER_EVICTED,
    SERVER_EXPIRED,
    SERVER_CLIENTS,
    SERVER_KEYS,
    SERVER_EXPIRING,
    SERVER_TTL,
)
"""What the cache server says of itself."""
CACHE_SERVER = (SERVER_UP, SERVER_LOSSES, SERVER_FALLBACKS, *READ)
