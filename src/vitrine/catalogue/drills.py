"""The drills: each alert is raised by at least one of them, with its messages and their end."""

from __future__ import annotations

from vitrine.catalogue.alert import Alert
from vitrine.catalogue.drill import (
    Ballast,
    Drill,
    Dying,
    InService,
    InWorker,
    Killed,
    Nothing,
    OtherSettings,
    Pages,
    Providers,
)
from vitrine.catalogue.limits import SITE_EVENTS

ROWS = ("Hour", "SixHours", "Day", "ThreeDays")


def _burns(objective: str, *rows: str) -> tuple[str, ...]:
    return tuple(f"{objective}BurnIn{row}" for row in rows or ROWS)


SLOW_HANDLER = Drill(
    "slow-handler",
    "every request of a visitor is answered 0.7 s late",
    InService("slow-handler"),
    ("HighLatency", *_burns("ApiLatency")),
)
SLOW_DATABASE = Drill(
    "slow-database",
    "storing events takes 1.2 s",
    InService("slow-database"),
    # Half of the requests wait for it: not the 72 % that the fastest burn wants.
    (
        "DatabaseSlowQueries",
        *_burns("DbLatency"),
        "HighLatency",
        *_burns("ApiLatency", "SixHours", "Day", "ThreeDays"),
    ),
)
SLOW_GEMINI = Drill(
    "slow-gemini",
    "Gemini takes more than 5 s for each answer",
    Providers({"gemini": "late"}),
    _burns("GeminiLatency"),
    ("gemini",),
)
SLOW_DEEPSEEK = Drill(
    "slow-deepseek",
    "DeepSeek takes more than 10 s for each answer",
    Providers({"openai": "late"}),
    _burns("DeepseekLatency"),
    ("deepseek",),
)
DISK_FULL = Drill(
    "disk-full",
    "the database's disk takes nothing any more",
    InService("disk-full"),
    ("StoreFailing", "NoEvents", *_burns("ApiSuccess")),
)
CRASHES = Drill(
    "crashes",
    "one page in twelve meets an error that no code expects",
    InService("crashes"),
    # 4 %: more than three times what 30 days allow, less than six times.
    ("UnexpectedErrors", *_burns("ApiSuccess", "Day", "ThreeDays")),
)
SMALL_CACHE = Drill(
    "small-cache",
    "the cache holds one entry, and visitors read two languages",
    OtherSettings({"VITRINE_CACHE_ENTRIES": "1"}),
    ("LowCacheHitRate", "CacheEvictingUnderPressure", *_burns("CacheHit", "Day", "ThreeDays")),
)
GEMINI_DOWN = Drill(
    "gemini-down",
    "Gemini answers every question with status 500",
    Providers({"gemini": "server_error"}),
    ("LLMProviderError", "BreakerOpenLong"),
    ("gemini", "deepseek"),
)
ALL_DOWN = Drill(
    "all-providers-down",
    "Gemini and DeepSeek answer every question with status 500",
    Providers({"gemini": "server_error", "openai": "server_error"}),
    ("AllProvidersFailing", "LLMProviderError", "BreakerOpenLong"),
    ("gemini", "deepseek"),
)
BUDGET = Drill(
    "budget-spent",
    "models may cost less than they have already cost today",
    OtherSettings({"LLM_DAILY_BUDGET_USD": "0.000001"}),
    ("BudgetNearlySpent",),
    ("gemini",),
)
UNKNOWN_PRICE = Drill(
    "unknown-price",
    "a model is asked that no price table knows",
    OtherSettings({"GEMINI_MODEL": "house-model"}),
    ("UnpricedTokens",),
    ("gemini",),
)
KILLED = Drill(
    "service-killed",
    "the service is killed",
    Killed("service"),
    ("TargetDown", "ScrapesFailing"),
)
SCRAPES = Drill(
    "scrapes-failing",
    "every second scrape is answered with status 500",
    InService("scrapes-failing"),
    ("ScrapesFailing",),
)
PROMETHEUS_FULL = Drill(
    "prometheus-full",
    "samples that nobody needs take nearly all the space of Prometheus",
    Ballast(),
    ("PrometheusDiskFilling",),
)
REJECTED = Drill(
    "events-rejected",
    "pages send an event that the site does not declare",
    Pages("page_vew"),
    ("NoEvents",),
)
POOL_HELD = Drill(
    "pool-held",
    "seventeen of twenty connections to the database are held and not given back",
    InService("pool-held"),
    ("PoolNearlyExhausted",),
)
SITE_LIMIT = Drill(
    "site-limit",
    "the site takes sixty events a minute, and visitors send ten a second",
    OtherSettings({SITE_EVENTS.setting: "60"}),
    ("SiteLimitReached",),
)
INVENTED_LABELS = Drill(
    "invented-labels",
    "a part of the service invents label values",
    InService("invented-labels"),
    ("SeriesOverflow",),
)
LOG_STALLED = Drill(
    "log-stalled",
    "nobody reads the service's log while a part of it logs without end",
    InService("log-stalled"),
    ("LogsDropped",),
)
LONG_TERM_KILLED = Drill(
    "long-term-killed",
    "the long-term store is killed",
    Killed("long-term"),
    ("LongTermStoreNotReceiving", "ScrapesFailing"),
)
REDIS_KILLED = Drill(
    "redis-killed",
    "the Redis of cache and limits is killed",
    Killed("redis"),
    ("CacheServerAway",),
)
WORKER_SHORT_OF_MEMORY = Drill(
    "worker-short-of-memory",
    "a worker's jobs find no memory: one fails, one hangs, and soon the worker itself",
    InWorker("worker-short-of-memory"),
    ("JobsFailing", "JobsWaiting", "JobWorkersAway"),
)
WORKERS_DYING = Drill(
    "workers-dying",
    "the two processes of a service are killed in turn, over and over",
    Dying(),
    ("WorkersDying", "ScrapesFailing"),
)
ALERTING_DOWN = Drill(
    "alerting-down",
    "Alertmanager is killed",
    Killed("alertmanager"),
    ("Watchdog",),
    silences=True,
)

HEALTHY = Drill(
    "healthy",
    "nothing goes wrong: traffic, a restart, and a stretch without any visitor",
    Nothing(),
    (),
    ("gemini",),
)
"""The drill of false alarms; it is held by itself."""

DRILLS = (
    PROMETHEUS_FULL,
    WORKERS_DYING,
    WORKER_SHORT_OF_MEMORY,
    SLOW_HANDLER,
    SLOW_DATABASE,
    SLOW_GEMINI,
    SLOW_DEEPSEEK,
    DISK_FULL,
    CRASHES,
    SMALL_CACHE,
    ALERTING_DOWN,
    GEMINI_DOWN,
    ALL_DOWN,
    BUDGET,
    UNKNOWN_PRICE,
    KILLED,
    SCRAPES,
    REJECTED,
    POOL_HELD,
    SITE_LIMIT,
    INVENTED_LABELS,
    LOG_STALLED,
    LONG_TERM_KILLED,
    REDIS_KILLED,
)
"""The longest first, so that they do not end last."""


def drills_of(alert: Alert) -> tuple[Drill, ...]:
    """Return the drills that prove an alert; raises `LookupError` where there is none."""
    found = tuple(drill for drill in DRILLS if alert.name in drill.raises)
    if not found:
        raise LookupError(f"{alert.name}: no drill raises it; an alert is done when one has")
    return found
