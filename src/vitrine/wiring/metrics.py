"""The registry of a running service: the catalogue with what only the program knows."""

from __future__ import annotations

import platform
from pathlib import Path

from vitrine import __version__
from vitrine.adapters.cache import MemoryCache
from vitrine.adapters.database.declared import (
    declared_fingerprints,
    declared_pairs,
    declared_texts,
)
from vitrine.adapters.database.engine import Database
from vitrine.adapters.database.plans import Plans
from vitrine.adapters.database.statements import TABLES
from vitrine.catalogue.labels import CRAWLER_CATEGORIES, NO_CATEGORY, NO_SEGMENT
from vitrine.catalogue.metrics import (
    API_DURATION,
    API_REQUESTS,
    BUILD,
    CACHE_BYTES,
    CACHE_ENTRIES,
    CACHE_LIMIT,
    CATALOGUE,
    DB_DURATION,
    DB_QUERIES,
    DB_SLOW,
    DB_SLOW_LAST,
    DB_SLOW_WORST,
    EVENTS_BOTS,
    LOG_DROPS,
    LOG_QUEUE,
    LOG_RECORDS,
    LOG_REDACTIONS,
    PERSONALIZATION_DECIDED,
    PERSONALIZATION_SERVED,
    SERIES_OVERFLOW,
)
from vitrine.domain.site import Site
from vitrine.signals import UNKNOWN_EVENT_NAME, BotReason, Emit, Variant
from vitrine.telemetry.database import watch_pool
from vitrine.telemetry.logs import JsonLog
from vitrine.telemetry.registry import Registry

VISITS = ("first", "later")


def build_registry(site: Site) -> Registry:
    """Build the registry; every combination that the site can produce stands at 0."""
    segments = site.segment_ids
    served = [
        (NO_SEGMENT, Variant.DEFAULT.value),
        *((segment, Variant.PERSONALIZED.value) for segment in segments),
        *((segment, Variant.HOLDOUT.value) for segment in segments),
    ]
    slow = [(fingerprint,) for fingerprint in declared_fingerprints()]
    unlisted = [reason.value for reason in BotReason if reason is not BotReason.LISTED]
    registry = Registry(
        CATALOGUE,
        {
            "segment": (*segments, NO_SEGMENT),
            "event": (*site.event_types, UNKNOWN_EVENT_NAME),
            "key_pattern": ("decision",),
            "table": TABLES,
            "metric": tuple(metric.name for metric in CATALOGUE if metric.labels),
        },
        {
            API_REQUESTS.name: (),  # started when the routes are known
            API_DURATION.name: (),
            DB_QUERIES.name: declared_pairs(),
            DB_DURATION.name: declared_pairs(),
            **{metric.name: slow for metric in (DB_SLOW, DB_SLOW_LAST, DB_SLOW_WORST)},
            EVENTS_BOTS.name: [
                *((BotReason.LISTED.value, category) for category in CRAWLER_CATEGORIES),
                *((reason, NO_CATEGORY) for reason in unlisted),
            ],
            PERSONALIZATION_SERVED.name: [
                (segment, variant, visit) for segment, variant in served for visit in VISITS
            ],
            PERSONALIZATION_DECIDED.name: [
                (segment, visit) for segment in segments for visit in VISITS
            ],
            SERIES_OVERFLOW.name: [
                (metric.name,)
                for metric in CATALOGUE
                if metric.labels and not metric.foreign and metric is not SERIES_OVERFLOW
            ],
        },
    )
    registry[BUILD].set(1.0, __version__, platform.python_version(), site.id)
    return registry


def watch_cache(registry: Registry, cache: MemoryCache) -> None:
    """Have the cache's gauges read before each scrape."""

    def refresh() -> None:
        registry[CACHE_ENTRIES].set(len(cache))
        registry[CACHE_BYTES].set(cache.size_bytes)

    registry[CACHE_LIMIT].set(cache.limit_bytes)
    registry.before_scrape(refresh)


def watch_database(registry: Registry, database: Database, path: Path, emit: Emit) -> None:
    """Have the database heard from now on, its pool and plans read before each scrape."""
    plans = Plans(path, emit, declared_texts())
    database.listen(emit, plans)
    watch_pool(registry, database.connections_in_use, database.connections)
    registry.before_scrape(plans.explain)


def watch_log(registry: Registry, log: JsonLog) -> None:
    """Have what the log counts of itself read before each scrape."""

    def refresh() -> None:
        for level, lines in log.written.items():
            registry[LOG_RECORDS].set(lines, level)
        for level, lines in log.dropped.items():
            registry[LOG_DROPS].set(lines, level)
        registry[LOG_REDACTIONS].set(log.redactions)
        registry[LOG_QUEUE].set(log.waiting)

    registry.before_scrape(refresh)
