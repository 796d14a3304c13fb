"""Every target of the guide as an objective: shares of events, limits, and a trend."""

from __future__ import annotations

from vitrine.catalogue.llm import LLM_ANSWERS, LLM_DURATION, LLM_FALLBACKS, RULES
from vitrine.catalogue.metrics import (
    API_DURATION,
    API_OUTCOMES,
    CACHE_HITS,
    CACHE_MISSES,
    DB_CONNECTIONS,
    DB_DURATION,
    DB_POOL_SIZE,
    DB_POOL_TIMEOUTS,
)
from vitrine.catalogue.objective import Limit, Ratio, Trend
from vitrine.catalogue.promql import (
    Expression,
    bucket,
    counter_difference,
    increase,
    max_by,
    max_over_time,
    rate,
    ratio,
    select,
    sum_by,
    sum_of,
    total_of,
)

VISITORS = "=~/api/events|/api/personalization"
"""The endpoints that visitors wait for; a test holds them equal to the routes' own group."""
INSTANCE = ("job", "instance")
FEW = 5
"""Models are asked a few times an hour at most, not a few times a second."""


def _per_instance(of: Expression) -> Expression:
    return sum_by(of, *INSTANCE)


API_LATENCY = Ratio(
    "api_latency",
    "95 % of requests of visitors are answered within 0.5 s",
    "P95 response < 500ms",
    0.95,
    counter_difference(
        _per_instance(select(API_DURATION, "count", endpoint=VISITORS)),
        _per_instance(bucket(API_DURATION, 0.5, endpoint=VISITORS)),
    ),
    _per_instance(select(API_DURATION, "count", endpoint=VISITORS)),
)
API_SUCCESS = Ratio(
    "api_success",
    "99 % of requests of visitors do not fail",
    "Success rate > 99%",
    0.99,
    _per_instance(select(API_OUTCOMES, group="api", outcome="=~server_error|stream_broken")),
    _per_instance(select(API_OUTCOMES, group="api", outcome="!=client_gone")),
)
DB_LATENCY = Ratio(
    "db_latency",
    "99 % of statements take less than 1 s",
    "P99 query < 1s",
    0.99,
    counter_difference(
        _per_instance(select(DB_DURATION, "count")), _per_instance(bucket(DB_DURATION, 1.0))
    ),
    _per_instance(select(DB_DURATION, "count")),
)
CACHE_HIT = Ratio(
    "cache_hit",
    "80 % of look-ups in the cache find a value",
    "Cache hit rate > 80%",
    0.80,
    _per_instance(select(CACHE_MISSES)),
    total_of(_per_instance(select(CACHE_HITS)), _per_instance(select(CACHE_MISSES))),
)
GEMINI_LATENCY = Ratio(
    "gemini_latency",
    "95 % of attempts at Gemini end within 5 s",
    "Gemini response < 5s",
    0.95,
    counter_difference(
        _per_instance(select(LLM_DURATION, "count", provider="gemini")),
        _per_instance(bucket(LLM_DURATION, 5.0, provider="gemini")),
    ),
    _per_instance(select(LLM_DURATION, "count", provider="gemini")),
    least_events=FEW,
)
DEEPSEEK_LATENCY = Ratio(
    "deepseek_latency",
    "95 % of attempts at DeepSeek end within 10 s",
    "DeepSeek response < 10s",
    0.95,
    counter_difference(
        _per_instance(select(LLM_DURATION, "count", provider="deepseek")),
        _per_instance(bucket(LLM_DURATION, 10.0, provider="deepseek")),
    ),
    _per_instance(select(LLM_DURATION, "count", provider="deepseek")),
    least_events=FEW,
)

RATIOS: tuple[Ratio, ...] = (
    API_LATENCY,
    API_SUCCESS,
    DB_LATENCY,
    CACHE_HIT,
    GEMINI_LATENCY,
    DEEPSEEK_LATENCY,
)

_asked = sum_of(increase(select(LLM_ANSWERS), "1m"))
_statements = sum_of(increase(select(DB_DURATION, "count"), "1m"))
_quick_statements = sum_of(increase(bucket(DB_DURATION, 5.0), "1m"))

API_MEAN = Limit(
    "api_mean",
    "Requests of visitors take less than 200 ms on average",
    "Mean response < 200ms",
    ratio(
        sum_of(rate(select(API_DURATION, "sum", endpoint=VISITORS), "1m")),
        sum_of(rate(select(API_DURATION, "count", endpoint=VISITORS), "1m")),
    ),
    0.2,
    "s",
)
DB_MEAN = Limit(
    "db_mean",
    "Statements take less than 100 ms on average",
    "Mean query < 100ms",
    ratio(
        sum_of(rate(select(DB_DURATION, "sum"), "1m")),
        sum_of(rate(select(DB_DURATION, "count"), "1m")),
    ),
    0.1,
    "s",
)
DB_LONG = Limit(
    "db_long_running",
    "No statement takes longer than 5 s",
    "No long-running queries (>5s)",
    ratio(_statements - _quick_statements, _statements),
    0.0,
    "share",
)
POOL_USE = Limit(
    "pool_use",
    "Less than 80 % of the connections to the database are in use",
    "Connection pool utilization < 80%",
    max_by(ratio(max_over_time(select(DB_CONNECTIONS), "1m"), select(DB_POOL_SIZE))),
    0.8,
    "share",
)
POOL_EXHAUSTED = Limit(
    "pool_exhausted",
    "Nothing waits for a connection in vain",
    "No connection pool exhaustion",
    sum_of(increase(select(DB_POOL_TIMEOUTS), "1m")),
    0.0,
    "waits",
)
FALLBACK = Limit(
    "fallback",
    "Some model answers whatever is asked, as long as the budget lasts",
    "Provider fallback working (0 errors)",
    ratio(
        sum_of(increase(select(LLM_FALLBACKS, to=RULES, reason="!=budget"), "1m")),
        _asked,
    ),
    0.0,
    "share",
)
LIMITS = (API_MEAN, DB_MEAN, DB_LONG, POOL_USE, POOL_EXHAUSTED, FALLBACK)

_hits = sum_of(rate(select(CACHE_HITS), "5m"))
_misses = sum_of(rate(select(CACHE_MISSES), "5m"))

CACHE_WARMING = Trend(
    "cache_warming",
    "The cache warms up: its hit rate grows until it is high",
    "Growing hit rate over time (indicates warming)",
    "service:cache_hits:ratio_rate5m",
    ratio(_hits, _hits + _misses),
    "1h",
)
TRENDS = (CACHE_WARMING,)

OBJECTIVES: tuple[Ratio | Limit | Trend, ...] = (*RATIOS, *LIMITS, *TRENDS)
