"""What an operator needs to know about models."""

from __future__ import annotations

from vitrine.catalogue.alert import Alert, Feed, Look, Runbook, Severity
from vitrine.catalogue.llm import (
    LLM_ANSWERS,
    LLM_BREAKER,
    LLM_BUDGET_LIMIT,
    LLM_BUDGET_RESERVED,
    LLM_BUDGET_SPENT,
    LLM_COST,
    LLM_FAILURES,
    LLM_REQUESTS,
    LLM_UNPRICED,
    RULES,
)
from vitrine.catalogue.promql import (
    average_over_time,
    both,
    increase,
    max_by,
    ratio,
    select,
    sum_by,
    sum_of,
)

_failures = sum_by(increase(select(LLM_FAILURES), "15m"), "provider", "reason")
_by_rules = sum_of(increase(select(LLM_ANSWERS, leg=RULES), "15m"))
_by_any = sum_of(increase(select(LLM_ANSWERS), "15m"))
_tried = sum_of(increase(select(LLM_REQUESTS, status="error"), "15m"))
_state = {"provider": "gemini", "state": "open"}


def _answers(model: float, rules: float) -> tuple[Feed, ...]:
    return (
        Feed(LLM_ANSWERS, {"kind": "segments", "leg": "gemini"}, model),
        Feed(LLM_ANSWERS, {"kind": "segments", "leg": RULES}, rules),
        Feed(LLM_REQUESTS, {"provider": "gemini", "status": "error"}, rules),
    )


ALL_FAILING = Alert(
    "AllProvidersFailing",
    Severity.CRITICAL,
    both(ratio(_by_rules, _by_any) > 0.9, _tried > 0),
    "5m",
    "No model answers; local rules do",
    "{{ $value | humanizePercentage }} of the answers of 15 minutes came from local rules.",
    Runbook(
        "Models were asked and gave no usable answer; the local rules answered instead.",
        "Unsure visits stay undecided; everything else goes on.",
        (
            Look("failed attempts in 15 minutes, by provider and reason", _failures),
            Look(
                "answers in 15 minutes, by leg", sum_by(increase(select(LLM_ANSWERS), "15m"), "leg")
            ),
        ),
        (
            "If all reasons are `connection`, the machine has no way out: look at its network.",
            "Otherwise go on with the runbook of LLMProviderError for each provider.",
        ),
    ),
    _answers(5.0, 0.0),
    _answers(0.0, 5.0),
)

BREAKER_OPEN = Alert(
    "BreakerOpenLong",
    Severity.WARNING,
    max_by(average_over_time(select(LLM_BREAKER, state="open"), "15m"), "provider") > 0.9,
    "5m",
    "A provider has been left alone for long",
    "{{ $labels.provider }} was left alone in {{ $value | humanizePercentage }} of 15 minutes.",
    Runbook(
        "A provider's circuit breaker has been open nearly all the time.",
        "That provider is not asked; the next one answers, or the local rules do.",
        (
            Look("state of each breaker", select(LLM_BREAKER)),
            Look("failed attempts in 15 minutes, by provider and reason", _failures),
        ),
        (
            "The reasons say what is wrong: see the runbook of LLMProviderError.",
            (
                "A refused key or a retired model stays so until a setting changes; the line “Model"
                " cannot be used” in the log names it."
            ),
            (
                "Once it is mended, the breaker closes with its next try, within 10 minutes (an"
                " hour for a key or a model), or at once after a restart with settings that work."
            ),
        ),
    ),
    (Feed(LLM_BREAKER, _state, value=0.0),),
    (Feed(LLM_BREAKER, _state, value=1.0),),
    labels={"provider": "gemini"},
)

_used = max_by(
    ratio(select(LLM_BUDGET_SPENT) + select(LLM_BUDGET_RESERVED), select(LLM_BUDGET_LIMIT))
)


def _spent(dollars: float) -> tuple[Feed, ...]:
    return (
        Feed(LLM_BUDGET_SPENT, value=dollars),
        Feed(LLM_BUDGET_RESERVED, value=0.0),
        Feed(LLM_BUDGET_LIMIT, value=1.0),
    )


BUDGET_NEARLY_SPENT = Alert(
    "BudgetNearlySpent",
    Severity.WARNING,
    _used > 0.8,
    "0s",
    "Today's budget for models is nearly spent",
    "{{ $value | humanizePercentage }} of today's budget is spent or reserved.",
    Runbook(
        "More than 80 % of what models may cost today is spent or reserved.",
        "When it is all spent, local rules answer until midnight UTC.",
        (
            Look("US dollars spent today", select(LLM_BUDGET_SPENT)),
            Look(
                "US dollars in 24 hours, by provider",
                sum_by(increase(select(LLM_COST), "1d"), "provider"),
            ),
        ),
        (
            "`vitrine report --days 1` shows calls and cost for 1,000 visitors.",
            "If the cost is right, raise LLM_DAILY_BUDGET_USD; if not, choose a cheaper model.",
        ),
    ),
    _spent(0.2),
    _spent(0.9),
)

UNPRICED = Alert(
    "UnpricedTokens",
    Severity.WARNING,
    sum_by(increase(select(LLM_UNPRICED), "1h"), "provider") > 0,
    "0s",
    "A model's price is not known",
    "{{ $value | humanize }} tokens of {{ $labels.provider }} in an hour have no known price.",
    Runbook(
        "The price table does not know a model that is asked.",
        "Its cost is an assumption; the budget holds, the figures of cost may be wrong.",
        (
            Look(
                "unpriced tokens in an hour, by provider",
                sum_by(increase(select(LLM_UNPRICED), "1h"), "provider"),
            ),
        ),
        (
            "See that the model's name is spelt as its provider does.",
            "A new model may be in a newer price table: `pip install --upgrade genai-prices`.",
        ),
    ),
    (Feed(LLM_UNPRICED, {"provider": "gemini"}, 0.0),),
    (Feed(LLM_UNPRICED, {"provider": "gemini"}, 500.0),),
    labels={"provider": "gemini"},
)

MODEL_ALERTS = (ALL_FAILING, BREAKER_OPEN, BUDGET_NEARLY_SPENT, UNPRICED)
