"""The metrics on models: every attempt by provider, every answer of the chain, and the budget."""

from __future__ import annotations

from vitrine.catalogue.labels import MODEL, PROVIDER, PROVIDERS
from vitrine.catalogue.metric import Kind, Label, Metric
from vitrine.domain.breaker import BreakerState
from vitrine.domain.cost import Provenance
from vitrine.domain.question import FailureReason, QuestionKind, SkipReason

RULES = "rules"
"""The last leg of the chain: the local rules."""
FAILURES = tuple(reason.value for reason in FailureReason)
SKIPS = tuple(reason.value for reason in SkipReason)
LEGS = (*PROVIDERS, RULES)

LLM_REQUESTS = Metric(
    "llm_requests_total",
    Kind.COUNTER,
    "attempts",
    "Attempts to get an answer from a model, by provider and result.",
    (PROVIDER, Label("status", ("success", "error"))),
)
LLM_DURATION = Metric(
    "llm_request_duration_seconds",
    Kind.HISTOGRAM,
    "seconds",
    "Time that an attempt took until its answer was complete or had failed.",
    (PROVIDER,),
    MODEL,
)
LLM_FAILURES = Metric(
    "llm_attempt_failures_total",
    Kind.COUNTER,
    "attempts",
    "Attempts that gave no usable answer, by provider and reason.",
    (PROVIDER, Label("reason", FAILURES)),
)
LLM_SKIPS = Metric(
    "llm_skips_total",
    Kind.COUNTER,
    "questions",
    "Questions that a provider was not asked, by provider and reason.",
    (PROVIDER, Label("reason", SKIPS)),
)
LLM_ANSWERS = Metric(
    "llm_answers_total",
    Kind.COUNTER,
    "answers",
    "Answers of the chain, by what was asked and the leg that answered; `rules` are local.",
    (Label("kind", tuple(kind.value for kind in QuestionKind)), Label("leg", LEGS)),
)
LLM_WAIT = Metric(
    "llm_answer_wait_seconds",
    Kind.HISTOGRAM,
    "seconds",
    "Time that other legs had taken before the answering one was asked.",
    (),
    MODEL,
)
LLM_FALLBACKS = Metric(
    "llm_fallbacks_total",
    Kind.COUNTER,
    "fallbacks",
    "Times that a leg gave no answer, by that leg, the next that was asked and the reason.",
    (Label("from", PROVIDERS), Label("to", LEGS), Label("reason", (*FAILURES, *SKIPS))),
    series=64,
)
LLM_FINGERPRINTS = Metric(
    "llm_fingerprints_total",
    Kind.COUNTER,
    "fingerprints",
    "Kinds of unsure visits whose answer was known already, and those that had to be asked.",
    (Label("result", ("known", "asked")),),
)
LLM_TOKENS = Metric(
    "llm_tokens_total",
    Kind.COUNTER,
    "tokens",
    "Tokens by provider and type; `input` counts those that were not cached.",
    (PROVIDER, Label("type", ("input", "output", "cached"))),
)
LLM_UNPRICED = Metric(
    "llm_unpriced_tokens_total",
    Kind.COUNTER,
    "tokens",
    "Tokens of models that the price table does not know; their cost is an assumption.",
    (PROVIDER,),
)
LLM_COST = Metric(
    "llm_cost_usd_total",
    Kind.COUNTER,
    "US dollars",
    "Cost of model calls, by provider and how it is known.",
    (PROVIDER, Label("provenance", tuple(origin.value for origin in Provenance))),
)
LLM_DISCARDED = Metric(
    "llm_discarded_cost_usd_total",
    Kind.COUNTER,
    "US dollars",
    "Part of the cost that went into attempts whose answer could not be used.",
    (PROVIDER,),
)
LLM_PRICE_AGE = Metric(
    "llm_price_table_age_seconds",
    Kind.GAUGE,
    "seconds",
    "Age of the price table that costs are computed with.",
)
LLM_BREAKER = Metric(
    "llm_breaker_state",
    Kind.GAUGE,
    "state",
    "1 for the state that a provider's circuit breaker is in, 0 for the others.",
    (PROVIDER, Label("state", tuple(state.value for state in BreakerState))),
)
LLM_BUDGET_LIMIT = Metric(
    "llm_budget_limit_usd",
    Kind.GAUGE,
    "US dollars",
    "What models may cost in a UTC day.",
)
LLM_BUDGET_RESERVED = Metric(
    "llm_budget_reserved_usd",
    Kind.GAUGE,
    "US dollars",
    "What calls under way may cost at most.",
)
LLM_BUDGET_SPENT = Metric(
    "llm_budget_spent_usd",
    Kind.GAUGE,
    "US dollars",
    "What models have cost this UTC day.",
)
LLM_BUDGET_EXHAUSTED = Metric(
    "llm_budget_exhausted_total",
    Kind.COUNTER,
    "days",
    "Times that a day's budget did not allow another call.",
)

LLM = tuple(value for value in tuple(globals().values()) if isinstance(value, Metric))
"""Every metric on models, in the order in which it stands here."""
