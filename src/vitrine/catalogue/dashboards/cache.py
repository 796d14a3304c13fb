"""Cache Analytics: the guide's five panels, and a Redis where there is one."""

from __future__ import annotations

from vitrine.catalogue.dashboard import Dashboard, Panel, PanelKind, Query, Unit
from vitrine.catalogue.dashboards.cache_server import CACHE_SERVER_PANELS
from vitrine.catalogue.dashboards.thresholds import NONE, WINDOW, falling, rising
from vitrine.catalogue.history import lasting
from vitrine.catalogue.metrics import (
    CACHE_BYTES,
    CACHE_EVICTIONS,
    CACHE_HITS,
    CACHE_LIMIT,
    CACHE_MISSES,
)
from vitrine.catalogue.promql import increase, max_by, rate, ratio, select, sum_by, sum_of

_hits = sum_by(rate(select(CACHE_HITS), WINDOW), "key_pattern")
_misses = sum_by(rate(select(CACHE_MISSES), WINDOW), "key_pattern")

DASHBOARD = Dashboard(
    "vitrine-cache",
    "Cache Analytics",
    "Whether the cache of decisions finds what is looked up, and how full it is; and the Redis,"
    " where there is one.",
    (
        Panel(
            "Hit rate trend",
            PanelKind.LINE,
            Unit.SHARE,
            (Query(lasting(ratio(_hits, _hits + _misses)), "{{key_pattern}}"),),
            "Share of look-ups that found a value, by the first word of the key.",
            "above 0.8; a growing line is a cache that warms up.",
            "after a restart or new rules wait a few minutes; then see LowCacheHitRate.",
            falling(0.7, 0.8),
            ("LowCacheHitRate",),
            most=1.0,
        ),
        Panel(
            "Hit vs miss distribution",
            PanelKind.PIE,
            Unit.COUNT,
            (
                Query(
                    lasting(sum_of(increase(select(CACHE_HITS), "$__range"))), "hits", instant=True
                ),
                Query(
                    lasting(sum_of(increase(select(CACHE_MISSES), "$__range"))),
                    "misses",
                    instant=True,
                ),
            ),
            "Look-ups in the chosen time.",
            "four of five or more are hits.",
            "with little traffic most entries expire unasked; nothing to mend.",
            NONE,
            ("LowCacheHitRate",),
        ),
        Panel(
            "Memory usage",
            PanelKind.GAUGE,
            Unit.SHARE,
            (
                Query(
                    max_by(ratio(select(CACHE_BYTES), select(CACHE_LIMIT)), "instance"),
                    "{{instance}}",
                    instant=True,
                ),
            ),
            "Share of the bytes that the cache may hold.",
            "below 0.9; a full cache throws out what was asked for longest ago.",
            "raise VITRINE_CACHE_BYTES.",
            rising(0.8, 0.9),
            ("CacheEvictingUnderPressure",),
            most=1.0,
        ),
        Panel(
            "Top keys",
            PanelKind.TABLE,
            Unit.COUNT,
            (
                Query(
                    lasting(sum_by(increase(select(CACHE_HITS), "$__range"), "key_pattern")),
                    "{{key_pattern}}",
                    instant=True,
                    column="hits",
                ),
                Query(
                    lasting(sum_by(increase(select(CACHE_MISSES), "$__range"), "key_pattern")),
                    "{{key_pattern}}",
                    instant=True,
                    column="misses",
                ),
            ),
            "Look-ups in the chosen time by the first word of the key; whole keys are no labels.",
            "decisions are looked up once for each answer.",
            "a pattern with many misses is one that is not worth caching.",
            NONE,
        ),
        Panel(
            "Eviction rate",
            PanelKind.LINE,
            Unit.OPS,
            (
                Query(
                    lasting(sum_by(rate(select(CACHE_EVICTIONS), WINDOW), "reason")), "{{reason}}"
                ),
            ),
            "Entries a second that left the cache, by reason.",
            "only `expired`: they had reached their age.",
            "`entries` and `bytes` are a cache that is too small.",
            rising(0.5, 1.0),
            ("CacheEvictingUnderPressure",),
            series=3,
        ),
        *CACHE_SERVER_PANELS,
    ),
)
