"""What the signals on models count as."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from vitrine.catalogue.llm import (
    LLM_ANSWERS,
    LLM_BREAKER,
    LLM_BUDGET_EXHAUSTED,
    LLM_BUDGET_LIMIT,
    LLM_BUDGET_RESERVED,
    LLM_BUDGET_SPENT,
    LLM_COST,
    LLM_DISCARDED,
    LLM_DURATION,
    LLM_FAILURES,
    LLM_FALLBACKS,
    LLM_FINGERPRINTS,
    LLM_REQUESTS,
    LLM_SKIPS,
    LLM_TOKENS,
    LLM_UNPRICED,
    LLM_WAIT,
)
from vitrine.domain.breaker import BreakerState
from vitrine.domain.cost import Provenance
from vitrine.domain.question import SkipReason
from vitrine.signals import (
    BreakerChanged,
    BudgetCounted,
    BudgetSpent,
    FingerprintsLooked,
    ModelAttempted,
    ModelFellBack,
    ModelSkipped,
    QuestionAnswered,
)
from vitrine.telemetry.registry import Registry

MICRO = 1_000_000


def attempted(registry: Registry) -> Callable[[ModelAttempted], None]:
    """Return what counts an attempt with its time, tokens and cost."""
    requests, durations = registry[LLM_REQUESTS], registry[LLM_DURATION]
    failures, tokens, unpriced = (
        registry[LLM_FAILURES],
        registry[LLM_TOKENS],
        registry[LLM_UNPRICED],
    )
    cost, discarded = registry[LLM_COST], registry[LLM_DISCARDED]

    def count(signal: ModelAttempted) -> None:
        provider, usage = signal.provider, signal.usage
        dollars = signal.cost.micro_usd / MICRO
        requests.inc(provider, "success" if signal.reason is None else "error")
        durations.histogram(provider).observe(signal.seconds)
        tokens.inc(provider, "input", by=usage.input - usage.cached)
        tokens.inc(provider, "cached", by=usage.cached)
        tokens.inc(provider, "output", by=usage.output)
        cost.inc(provider, signal.cost.provenance.value, by=dollars)
        if signal.cost.provenance is Provenance.UNPRICED:
            unpriced.inc(provider, by=usage.input + usage.output)
        if signal.reason is not None:
            failures.inc(provider, signal.reason.value)
            discarded.inc(provider, by=dollars)

    return count


ATTEMPT = {
    **dict.fromkeys(("provider", "model", "result", "provenance"), str),
    **dict.fromkeys(("tokens_in", "tokens_cached", "tokens_out"), int),
    **dict.fromkeys(("seconds", "cost_usd"), float),
}


def attempt(signal: ModelAttempted) -> Mapping[str, Any]:
    """Return the fields of an attempt's log line."""
    return {
        "provider": signal.provider,
        "model": signal.model,
        "result": "success" if signal.reason is None else signal.reason.value,
        "seconds": round(signal.seconds, 3),
        "tokens_in": signal.usage.input,
        "tokens_cached": signal.usage.cached,
        "tokens_out": signal.usage.output,
        "cost_usd": signal.cost.micro_usd / MICRO,
        "provenance": signal.cost.provenance.value,
    }


def attempt_level(signal: ModelAttempted) -> str:
    """Return `WARNING` for an attempt that failed."""
    return "INFO" if signal.reason is None else "WARNING"


def skipped(registry: Registry) -> Callable[[ModelSkipped], None]:
    """Return what counts a question that a provider was not asked."""
    skips = registry[LLM_SKIPS]
    return lambda signal: skips.inc(signal.provider, signal.reason.value)


def answered(registry: Registry) -> Callable[[QuestionAnswered], None]:
    """Return what counts an answer of the chain and what was waited for it."""
    answers, waits = registry[LLM_ANSWERS], registry[LLM_WAIT].histogram()

    def count(signal: QuestionAnswered) -> None:
        answers.inc(signal.kind.value, signal.leg)
        waits.observe(signal.waited)

    return count


def fell_back(registry: Registry) -> Callable[[ModelFellBack], None]:
    """Return what counts a fallback from one leg to the next."""
    fallbacks = registry[LLM_FALLBACKS]
    return lambda signal: fallbacks.inc(signal.origin, signal.to, signal.reason.value)


def fallback_level(signal: ModelFellBack) -> str:
    """Return `DEBUG` for a leg that was not even asked: that is said once, by its breaker."""
    return "DEBUG" if isinstance(signal.reason, SkipReason) else "INFO"


def broke(registry: Registry) -> Callable[[BreakerChanged], None]:
    """Return what shows the state of a provider's breaker."""
    states = registry[LLM_BREAKER]

    def show(signal: BreakerChanged) -> None:
        for state in BreakerState:
            states.set(float(state is signal.state), signal.provider, state.value)

    return show


def breaker_level(signal: BreakerChanged) -> str:
    """Return `WARNING` for a breaker that opens."""
    return "WARNING" if signal.state is BreakerState.OPEN else "INFO"


def budgeted(registry: Registry) -> Callable[[BudgetCounted], None]:
    """Return what shows the day's budget."""
    limit, reserved = registry[LLM_BUDGET_LIMIT], registry[LLM_BUDGET_RESERVED]
    spent = registry[LLM_BUDGET_SPENT]

    def show(signal: BudgetCounted) -> None:
        limit.set(signal.limit_usd)
        reserved.set(signal.reserved_usd)
        spent.set(signal.spent_usd)

    return show


def exhausted(registry: Registry) -> Callable[[BudgetSpent], None]:
    """Return what counts days whose budget was spent."""
    days = registry[LLM_BUDGET_EXHAUSTED]
    return lambda _signal: days.inc()


def looked(registry: Registry) -> Callable[[FingerprintsLooked], None]:
    """Return what counts kinds of visits that were known and that were asked."""
    fingerprints = registry[LLM_FINGERPRINTS]

    def count(signal: FingerprintsLooked) -> None:
        fingerprints.inc("known", by=signal.known)
        fingerprints.inc("asked", by=signal.asked)

    return count
