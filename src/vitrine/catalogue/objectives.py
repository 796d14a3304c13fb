"""The guide's targets that are shares of events, as objectives with a budget of 30 days."""

from __future__ import annotations

from vitrine.catalogue.llm import LLM_DURATION
from vitrine.catalogue.metrics import (
    API_DURATION,
    API_OUTCOMES,
    CACHE_HITS,
    CACHE_MISSES,
    DB_DURATION,
)
from vitrine.catalogue.objective import Ratio
from vitrine.catalogue.promql import (
    Expression,
    bucket,
    counter_difference,
    select,
    sum_by,
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

OBJECTIVES: tuple[Ratio, ...] = (
    API_LATENCY,
    API_SUCCESS,
    DB_LATENCY,
    CACHE_HIT,
    GEMINI_LATENCY,
    DEEPSEEK_LATENCY,
)
