"""The guide's four alerts, under its names, severities and waiting times, in corrected form."""

from __future__ import annotations

from vitrine.catalogue.alert import Alert, Feed, Look, Runbook, Severity
from vitrine.catalogue.llm import LLM_FAILURES, LLM_REQUESTS
from vitrine.catalogue.metric import Metric
from vitrine.catalogue.metrics import (
    API_DURATION,
    CACHE_ENTRIES,
    CACHE_EVICTIONS,
    CACHE_HITS,
    CACHE_MISSES,
    DB_DURATION,
    DB_POOL_WAIT,
    DB_SLOW_WORST,
)
from vitrine.catalogue.promql import (
    both,
    bucket,
    histogram_quantile,
    increase,
    rate,
    ratio,
    select,
    sum_by,
)
from vitrine.catalogue.recording import API_P95, CACHE_HIT_RATE, DB_P99

_PAGE = {"method": "GET", "endpoint": "/api/personalization"}
_READ = {"operation": "select", "table": "visits"}


def requests(*, slow: bool) -> tuple[Feed, ...]:
    """Return a hundred requests a minute; slow ones take between 1 and 2.5 s."""
    return _histogram(API_DURATION, _PAGE, 2.5 if slow else 0.005)


def statements(*, slow: bool) -> tuple[Feed, ...]:
    """Return a hundred statements a minute; slow ones take between 1 and 2.5 s."""
    return _histogram(DB_DURATION, _READ, 2.5 if slow else 0.005)


def _histogram(metric: Metric, labels: dict[str, str], reached: float) -> tuple[Feed, ...]:
    edges = [
        Feed(metric, {**labels, "le": str(edge)}, 100.0 if edge >= reached else 0.0, part="bucket")
        for edge in metric.buckets
    ]
    whole = Feed(metric, {**labels, "le": "+Inf"}, 100.0, part="bucket")
    return (*edges, whole, Feed(metric, labels, 100.0, part="count"))


def look_ups(hits: float, misses: float) -> tuple[Feed, ...]:
    """Return look-ups in the cache, a minute."""
    pattern = {"key_pattern": "decision"}
    return (Feed(CACHE_HITS, pattern, hits), Feed(CACHE_MISSES, pattern, misses))


def attempts(success: float, error: float, provider: str = "gemini") -> tuple[Feed, ...]:
    """Return attempts at a provider, a minute."""
    return tuple(
        Feed(LLM_REQUESTS, {"provider": provider, "status": status}, count)
        for status, count in (("success", success), ("error", error))
    )


HIGH_LATENCY = Alert(
    "HighLatency",
    Severity.WARNING,
    select(API_P95) > 0.5,
    "5m",
    "API latency is high",
    "19 of 20 requests of visitors are answered within {{ $value | humanizeDuration }};"
    " the target is 500 ms.",
    Runbook(
        "The slowest twentieth of what visitors wait for takes longer than half a second.",
        "Pages that ask for their order show the default page instead, or show it late.",
        (
            Look(
                "seconds that 19 of 20 requests stay below, by endpoint",
                histogram_quantile(
                    0.95, sum_by(rate(bucket(API_DURATION), "5m"), "endpoint", "le")
                ),
            ),
            Look(
                "seconds that work waits for the database, at the 95th percentile",
                histogram_quantile(0.95, sum_by(rate(bucket(DB_POOL_WAIT), "5m"), "le")),
            ),
            Look(
                "seconds of statements, at the 99th percentile, by table",
                histogram_quantile(0.99, sum_by(rate(bucket(DB_DURATION), "5m"), "table", "le")),
            ),
        ),
        (
            "If the database is slow too, go on with the runbook of DatabaseSlowQueries.",
            "If work waits for the database although statements are quick, raise DB_POOL_SIZE.",
            "If neither, the machine is short of processor time: see what else runs on it.",
            "Until it is mended, `vitrine switch off` gives everybody the default page at once.",
        ),
    ),
    requests(slow=False),
    requests(slow=True),
)

DATABASE_SLOW = Alert(
    "DatabaseSlowQueries",
    Severity.CRITICAL,
    select(DB_P99) > 1.0,
    "2m",
    "Database queries are slow",
    "99 of 100 statements take up to {{ $value | humanizeDuration }}; the target is 1 s.",
    Runbook(
        "One statement in a hundred takes longer than a second.",
        "Events are acknowledged late, and visitors who are not at hand get the default page.",
        (
            Look(
                "seconds of statements, at the 99th percentile, by operation and table",
                histogram_quantile(
                    0.99, sum_by(rate(bucket(DB_DURATION), "5m"), "operation", "table", "le")
                ),
            ),
            Look("the slowest execution of each slow statement", select(DB_SLOW_WORST)),
        ),
        (
            "Look at the disk first: a commit waits for it. `df -h` tells whether it is full.",
            "Find the statement in the log: its lines say “Slow statement” and bear db_query.",
            "See in db_statement_index_use whether that statement scans a whole table.",
            "If something else writes to that disk (a backup, an import), let it end first.",
        ),
    ),
    statements(slow=False),
    statements(slow=True),
)

LOW_HIT_RATE = Alert(
    "LowCacheHitRate",
    Severity.WARNING,
    select(CACHE_HIT_RATE) < 0.7,
    "10m",
    "Cache hit rate below 70%",
    "{{ $value | humanizePercentage }} of the look-ups of the last 5 minutes found a value.",
    Runbook(
        "The cache of decisions finds less than 70 % of what is looked up.",
        "Answers are computed anew, which costs processor time; they stay right.",
        (
            Look(
                "share of look-ups that found a value",
                select(CACHE_HIT_RATE),
            ),
            Look("entries in the cache", select(CACHE_ENTRIES)),
            Look(
                "entries a second that left it, by reason",
                sum_by(rate(select(CACHE_EVICTIONS), "5m"), "reason"),
            ),
        ),
        (
            "After a restart or new rules the cache is cold; with traffic it fills in minutes.",
            (
                "If entries leave for `entries` or `bytes`, raise VITRINE_CACHE_ENTRIES or"
                " VITRINE_CACHE_BYTES."
            ),
            (
                "With very little traffic most entries expire before they are asked for again; then"
                " there is nothing to mend."
            ),
        ),
    ),
    look_ups(90.0, 10.0),
    look_ups(10.0, 90.0),
)

_errors = sum_by(increase(select(LLM_REQUESTS, status="error"), "10m"), "provider")
_attempts = sum_by(increase(select(LLM_REQUESTS), "10m"), "provider")

PROVIDER_ERROR = Alert(
    "LLMProviderError",
    Severity.CRITICAL,
    both(ratio(_errors, _attempts) > 0.05, _errors > 0),
    "5m",
    "LLM provider errors detected",
    "{{ $value | humanizePercentage }} of the attempts at {{ $labels.provider }} in the last"
    " 10 minutes failed.",
    Runbook(
        "More than one attempt in twenty at a provider gave no usable answer.",
        "The next provider answers, or the local rules do; visitors notice nothing.",
        (
            Look(
                "failed attempts in 10 minutes, by provider and reason",
                sum_by(increase(select(LLM_FAILURES), "10m"), "provider", "reason"),
            ),
            Look("attempts in 10 minutes, by provider", _attempts),
        ),
        (
            "`unauthorized`: the provider refuses the key; set another one.",
            "`model_retired`: the model is gone; set one that the provider offers.",
            (
                "`rate_limited`: the account's limit is reached; the breaker keeps the pause that"
                " was asked for."
            ),
            "`timeout`, `connection`, `server_error`: look at the provider's status page.",
            (
                "`schema`, `mismatch`, `invalid_json`, `blank`: the model cannot do the task;"
                " choose another one."
            ),
            "docs/models.md has the settings and every reason.",
        ),
    ),
    attempts(10.0, 0.0),
    attempts(5.0, 5.0),
    keep_firing="5m",
    labels={"provider": "gemini"},
)

GUIDE_ALERTS = (HIGH_LATENCY, DATABASE_SLOW, LOW_HIT_RATE, PROVIDER_ERROR)
