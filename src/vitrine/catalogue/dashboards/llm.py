"""LLM Service: the guide's five panels, reasons, and the budget."""

from __future__ import annotations

from vitrine.catalogue.dashboard import Dashboard, Panel, PanelKind, Query, Unit
from vitrine.catalogue.dashboards.thresholds import NONE, WINDOW, falling, rising
from vitrine.catalogue.history import lasting
from vitrine.catalogue.llm import (
    LLM_BREAKER,
    LLM_BUDGET_LIMIT,
    LLM_BUDGET_SPENT,
    LLM_COST,
    LLM_DURATION,
    LLM_FAILURES,
    LLM_FALLBACKS,
    LLM_REQUESTS,
    LLM_TOKENS,
)
from vitrine.catalogue.promql import (
    Expression,
    bucket,
    histogram_quantile,
    increase,
    max_by,
    rate,
    ratio,
    select,
    sum_by,
)

PROVIDER = "=~$provider"
_all = sum_by(increase(select(LLM_REQUESTS, provider=PROVIDER), "$__range"), "provider")
_good = sum_by(
    increase(select(LLM_REQUESTS, provider=PROVIDER, status="success"), "$__range"), "provider"
)


def _quantile(quantile: float) -> Expression:
    return histogram_quantile(
        quantile, sum_by(rate(bucket(LLM_DURATION, provider=PROVIDER), WINDOW), "le")
    )


DASHBOARD = Dashboard(
    "vitrine-llm",
    "LLM Service",
    "Which models answer, how fast, how often they fail, and what that costs.",
    (
        Panel(
            "Provider usage distribution",
            PanelKind.PIE,
            Unit.COUNT,
            (Query(lasting(_all), "{{provider}}", instant=True),),
            "Attempts in the chosen time, by provider.",
            "nearly all at the first provider of the chain.",
            "a large share of the second one means that the first fails: see its reasons.",
            NONE,
            ("LLMProviderError",),
            series=2,
        ),
        Panel(
            "Response time by provider",
            PanelKind.BOX,
            Unit.SECONDS,
            tuple(
                Query(lasting(_quantile(quantile)), column, column=column)
                for column, quantile in (
                    ("min", 0.05),
                    ("q1", 0.25),
                    ("median", 0.5),
                    ("q3", 0.75),
                    ("max", 0.95),
                )
            ),
            "Seconds of an attempt: P5, P25, median, P75 and P95, one box for each provider.",
            "below 5 s for Gemini and 10 s for DeepSeek, the guide's targets.",
            "a slow provider is given up at its target, and the next one answers.",
            rising(5.0, 10.0),
            ("LLMProviderError",),
        ),
        Panel(
            "Success rate by provider",
            PanelKind.GAUGE,
            Unit.SHARE,
            (Query(lasting(ratio(_good, _all)), "{{provider}}", instant=True),),
            "Share of attempts whose answer was used.",
            "above 0.95.",
            "the runbook of LLMProviderError has every reason.",
            falling(0.8, 0.95),
            ("LLMProviderError", "AllProvidersFailing"),
            most=1.0,
        ),
        Panel(
            "Fallback frequency",
            PanelKind.COUNTER,
            Unit.COUNT,
            (
                Query(
                    lasting(sum_by(increase(select(LLM_FALLBACKS), "$__range"), "from", "to")),
                    "{{from}} to {{to}}",
                    instant=True,
                ),
            ),
            "Times in the chosen time that a leg gave no answer and the next was asked.",
            "0; the last fallback is to the local rules.",
            "the reasons below say what to mend.",
            rising(1, 20),
            ("AllProvidersFailing",),
        ),
        Panel(
            "Cost estimation",
            PanelKind.COUNTER,
            Unit.USD,
            (
                Query(
                    lasting(
                        sum_by(increase(select(LLM_COST), "$__range"), "provider", "provenance")
                    ),
                    "{{provider}} ({{provenance}})",
                    instant=True,
                ),
            ),
            "US dollars in the chosen time, by how the cost is known.",
            "well below the daily budget, all of it priced.",
            "`unpriced` is an assumption: see the runbook of UnpricedTokens.",
            rising(0.5, 1.0),
            ("BudgetNearlySpent", "UnpricedTokens"),
        ),
        Panel(
            "Failed attempts by reason",
            PanelKind.BAR,
            Unit.COUNT,
            (
                Query(
                    lasting(
                        sum_by(
                            increase(select(LLM_FAILURES, provider=PROVIDER), "$__range"), "reason"
                        )
                    ),
                    "{{reason}}",
                    instant=True,
                ),
            ),
            "Attempts in the chosen time that gave no usable answer.",
            "none.",
            "docs/models.md says what each reason means.",
            rising(1, 20),
            ("LLMProviderError",),
        ),
        Panel(
            "Circuit breakers",
            PanelKind.TABLE,
            Unit.COUNT,
            (
                Query(
                    max_by(select(LLM_BREAKER, provider=PROVIDER), "provider", "state"),
                    "{{provider}}",
                    instant=True,
                    column="now",
                ),
            ),
            "1 for the state that each provider's breaker is in.",
            "closed.",
            "an open one is tried again by itself; see the runbook of BreakerOpenLong.",
            NONE,
            ("BreakerOpenLong",),
        ),
        Panel(
            "Budget spent today",
            PanelKind.GAUGE,
            Unit.SHARE,
            (
                Query(
                    max_by(ratio(select(LLM_BUDGET_SPENT), select(LLM_BUDGET_LIMIT))),
                    "spent",
                    instant=True,
                ),
            ),
            "Share of the day's budget that is spent; the day is UTC.",
            "below 0.8.",
            "when it is spent, local rules answer: raise it or choose a cheaper model.",
            rising(0.5, 0.8),
            ("BudgetNearlySpent",),
            most=1.0,
        ),
        Panel(
            "Tokens",
            PanelKind.AREA,
            Unit.TOKENS,
            (
                Query(
                    lasting(sum_by(rate(select(LLM_TOKENS, provider=PROVIDER), WINDOW), "type")),
                    "{{type}}",
                ),
            ),
            "Tokens a second, by type.",
            "more in than out; `cached` ones cost a tenth.",
            "a rise without visitors is a site that changed: its kinds of visits are asked anew.",
            NONE,
            series=2,
        ),
    ),
    provider=True,
)
