"""The panels on a Redis; without one they are folded away."""

from __future__ import annotations

from dataclasses import replace

from vitrine.catalogue.cache_server import (
    SERVER_CLIENTS,
    SERVER_EVICTED,
    SERVER_EXPIRED,
    SERVER_EXPIRING,
    SERVER_FALLBACKS,
    SERVER_HITS,
    SERVER_KEYS,
    SERVER_MEMORY,
    SERVER_MEMORY_LIMIT,
    SERVER_MISSES,
    SERVER_TTL,
    SERVER_UP,
)
from vitrine.catalogue.dashboard import Panel, PanelKind, Query, Unit
from vitrine.catalogue.dashboards.thresholds import NONE, WINDOW, falling, rising
from vitrine.catalogue.history import lasting
from vitrine.catalogue.metric import Metric
from vitrine.catalogue.promql import Expression, max_by, rate, ratio, select, sum_of


def _rate(metric: Metric) -> Expression:
    return sum_of(rate(select(metric), WINDOW))


def _once(metric: Metric) -> Expression:
    """Return a rate of which each instance says the same, for they ask the same Redis."""
    return max_by(rate(select(metric), WINDOW))


_found = _rate(SERVER_HITS)

IN_USE = Panel(
    "Redis in use",
    PanelKind.LINE,
    Unit.NUMBER,
    (
        Query(max_by(select(SERVER_UP), "instance"), "{{instance}}"),
        Query(lasting(_rate(SERVER_FALLBACKS)), "without it, a second"),
    ),
    "1 while an instance uses the Redis of REDIS_URL, and how often a second it does without."
    " Nothing where none is set.",
    "1, and 0 a second without it.",
    "go through the runbook of CacheServerAway; visitors notice nothing meanwhile.",
    falling(0.5, 1.0),
    ("CacheServerAway",),
)
MEMORY = Panel(
    "Redis memory",
    PanelKind.LINE,
    Unit.BYTES,
    (
        Query(max_by(select(SERVER_MEMORY), "instance"), "{{instance}} used"),
        Query(max_by(select(SERVER_MEMORY_LIMIT), "instance"), "{{instance}} limit"),
    ),
    "Memory that the Redis uses, for all who use it, and what it may use where that is limited."
    " Nothing while it is away.",
    "well below the limit; some 200 bytes for each sender of the last two minutes are ours.",
    "set maxmemory and maxmemory-policy allkeys-lru, so that a full one forgets and goes on.",
    NONE,
)
HIT_RATE = Panel(
    "Redis hit rate",
    PanelKind.LINE,
    Unit.SHARE,
    (Query(lasting(ratio(_found, _found + _rate(SERVER_MISSES))), "all who use it"),),
    "Share of the keys that were looked up in the Redis and found there, by whomever.",
    "as high as that of the cache, unless others use the same Redis.",
    "limits of new senders are misses, so a site with many strangers has a lower one.",
    falling(0.3, 0.5),
    most=1.0,
)
KEYS = Panel(
    "Redis keys",
    PanelKind.LINE,
    Unit.NUMBER,
    (
        Query(max_by(select(SERVER_KEYS), "instance"), "{{instance}} all"),
        Query(max_by(select(SERVER_EXPIRING), "instance"), "{{instance}} with an age"),
    ),
    "Keys that the Redis holds, of all who use it, and how many of them will reach an age.",
    "both lines are one: every key of ours expires.",
    "keys without an age are another's; `redis-cli --scan | cut -d: -f1-2 | sort | uniq -c` says"
    " whose (ours begin with vitrine:SITE).",
    NONE,
)
TIME_LEFT = Panel(
    "Redis time to live",
    PanelKind.LINE,
    Unit.SECONDS,
    (Query(max_by(select(SERVER_TTL), "instance"), "{{instance}}"),),
    "Time that keys with an age have left on average, as the Redis estimates it.",
    "what it usually is: limits of senders live two minutes, decisions a day.",
    "more than a day is another's: see whose keys they are.",
    NONE,
)
KEYS_THAT_LEFT = Panel(
    "Redis keys that left",
    PanelKind.LINE,
    Unit.OPS,
    (
        Query(_once(SERVER_EVICTED), "evicted"),
        Query(_once(SERVER_EXPIRED), "expired"),
    ),
    "Keys a second that the Redis threw out to make room, and those that reached their age.",
    "only `expired`: the limits of senders who left.",
    "`evicted` is a Redis that is too small: raise its maxmemory.",
    rising(0.5, 1.0),
)
CLIENTS = Panel(
    "Redis connections",
    PanelKind.LINE,
    Unit.NUMBER,
    (Query(max_by(select(SERVER_CLIENTS), "instance"), "seen by {{instance}}"),),
    "Connections that the Redis has, of all who use it; a process of ours opens 16 at most.",
    "far below its maxclients (10,000 unless set).",
    "`redis-cli client list` says whose they are.",
    NONE,
)
_PANELS = (IN_USE, MEMORY, HIT_RATE, KEYS, TIME_LEFT, KEYS_THAT_LEFT, CLIENTS)
CACHE_SERVER_PANELS = tuple(replace(panel, part="Redis") for panel in _PANELS)
