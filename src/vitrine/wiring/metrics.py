"""The registry of a running service: the catalogue with what only the program knows."""

from __future__ import annotations

import platform
import time
from collections.abc import Sequence
from itertools import pairwise, product

from vitrine import __version__
from vitrine.adapters.cache import MemoryCache
from vitrine.adapters.database.declared import (
    declared_fingerprints,
    declared_pairs,
)
from vitrine.adapters.database.statements import TABLES
from vitrine.catalogue.cache_server import CACHE_SERVER, READ
from vitrine.catalogue.dashboards import DASHBOARDS
from vitrine.catalogue.labels import (
    CRAWLER_CATEGORIES,
    NO_CATEGORY,
    NO_SEGMENT,
    PROVIDER,
    PROVIDERS,
)
from vitrine.catalogue.llm import (
    LLM,
    LLM_ANSWERS,
    LLM_BREAKER,
    LLM_BUDGET_LIMIT,
    LLM_FALLBACKS,
    LLM_PRICE_AGE,
    RULES,
)
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
    PERSONALIZATION_STOPPED,
    POSTGRES,
    QUEUE,
    SERIES_OVERFLOW,
    WORKER_UP,
)
from vitrine.domain.breaker import BreakerState
from vitrine.domain.question import FailureReason, QuestionKind, SkipReason
from vitrine.domain.site import Site
from vitrine.signals import UNKNOWN_EVENT_NAME, BotReason, Variant
from vitrine.telemetry.logs import JsonLog
from vitrine.telemetry.registry import Registry

VISITS = ("first", "later")
GUIDE_PROVIDERS = ("gemini", "deepseek")
COMMON_FALLBACKS = (
    FailureReason.TIMEOUT,
    FailureReason.CONNECTION,
    FailureReason.RATE_LIMITED,
    FailureReason.SERVER_ERROR,
    FailureReason.UNAUTHORIZED,
    FailureReason.MODEL_RETIRED,
    FailureReason.BLANK,
    FailureReason.INVALID_JSON,
    FailureReason.SCHEMA,
    FailureReason.MISMATCH,
    SkipReason.BREAKER_OPEN,
    SkipReason.BUDGET,
)


def build_registry(
    site: Site,
    providers: Sequence[str] = (),
    dialect: str = "sqlite",
    *,
    cache_server: bool = False,
) -> Registry:
    """Build the registry; every combination that the site can produce stands at 0.

    `providers` are the models that are asked, in their order; `dialect` is what the database
    speaks. The guide's two have their series also where they have no key. Without a
    `cache_server` nothing is said of one.
    """
    segments = site.segment_ids
    served = [
        (NO_SEGMENT, Variant.DEFAULT.value),
        *((segment, Variant.PERSONALIZED.value) for segment in segments),
        *((segment, Variant.HOLDOUT.value) for segment in segments),
    ]
    slow = [(fingerprint,) for fingerprint in declared_fingerprints(dialect)]
    unlisted = [reason.value for reason in BotReason if reason is not BotReason.LISTED]
    registry = Registry(
        CATALOGUE,
        {
            "segment": (*segments, NO_SEGMENT),
            "event": (*site.event_types, UNKNOWN_EVENT_NAME),
            "key_pattern": ("decision",),
            "table": TABLES,
            "dashboard": tuple(board.uid for board in DASHBOARDS),
            "metric": tuple(metric.name for metric in CATALOGUE if metric.labels),
        },
        {
            API_REQUESTS.name: (),  # started when the routes are known
            API_DURATION.name: (),
            DB_QUERIES.name: declared_pairs(dialect),
            DB_DURATION.name: declared_pairs(dialect),
            **{metric.name: slow for metric in (DB_SLOW, DB_SLOW_LAST, DB_SLOW_WORST)},
            **{metric.name: () for metric in POSTGRES},
            **({} if dialect == "postgresql" else {metric.name: () for metric in QUEUE}),
            EVENTS_BOTS.name: [
                *((BotReason.LISTED.value, category) for category in CRAWLER_CATEGORIES),
                *((reason, NO_CATEGORY) for reason in unlisted),
            ],
            **_of_models(providers),
            **{metric.name: () for metric in (READ if cache_server else CACHE_SERVER)},
            PERSONALIZATION_SERVED.name: [
                (segment, variant, visit) for segment, variant in served for visit in VISITS
            ],
            PERSONALIZATION_DECIDED.name: [
                (segment, visit) for segment in segments for visit in VISITS
            ],
            PERSONALIZATION_STOPPED.name: [(segment,) for segment in (*segments, NO_SEGMENT)],
            SERIES_OVERFLOW.name: [
                (metric.name,)
                for metric in CATALOGUE
                if metric.labels and not metric.foreign and metric is not SERIES_OVERFLOW
            ],
        },
    )
    registry[BUILD].set(1.0, __version__, platform.python_version(), site.id)
    registry[WORKER_UP].set(1.0)
    return registry


def _of_models(providers: Sequence[str]) -> dict[str, list[tuple[str, ...]]]:
    """Return the combinations of the metrics on models that exist from the start."""
    named = [name for name in PROVIDERS if name in (*GUIDE_PROVIDERS, *providers)]
    combinations = {
        metric.name: [
            (provider, *rest)
            for provider in named
            for rest in product(*(label.values for label in metric.labels[1:]))
        ]
        for metric in LLM
        if metric.labels and metric.labels[0] is PROVIDER
    }
    legs = (*(providers or GUIDE_PROVIDERS), RULES)
    combinations[LLM_ANSWERS.name] = [(kind.value, leg) for kind in QuestionKind for leg in legs]
    # All pairs with all reasons would be over the bound: the commonest reasons of the chain's
    # own order. Another one appears with its first fallback, which `increase` then misses.
    combinations[LLM_FALLBACKS.name] = [
        (origin, to, reason.value) for origin, to in pairwise(legs) for reason in COMMON_FALLBACKS
    ]
    return combinations


def watch_models(registry: Registry, providers: Sequence[str], limit_usd: float) -> None:
    """Have the breakers start closed, and the budget and the price table's age be seen."""
    for provider in providers:
        registry[LLM_BREAKER].set(1.0, provider, BreakerState.CLOSED.value)
    registry[LLM_BUDGET_LIMIT].set(limit_usd)
    if providers:
        from vitrine.adapters.models.price import price_table_date

        made_at = price_table_date().timestamp()
        registry.before_scrape(lambda: registry[LLM_PRICE_AGE].set(time.time() - made_at))


def watch_cache(registry: Registry, cache: MemoryCache) -> None:
    """Have the cache's gauges read before each scrape."""

    def refresh() -> None:
        registry[CACHE_ENTRIES].set(len(cache))
        registry[CACHE_BYTES].set(cache.size_bytes)

    registry[CACHE_LIMIT].set(cache.limit_bytes)
    registry.before_scrape(refresh)


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
