"""Burn-rate alerts: an objective's budget is being spent too fast, over two windows at once."""

from __future__ import annotations

from collections.abc import Iterator

from vitrine.catalogue.alert import Alert, Feed, Look, Runbook, Severity
from vitrine.catalogue.alerts.guide import look_ups, requests, statements
from vitrine.catalogue.llm import LLM_DURATION
from vitrine.catalogue.metrics import API_OUTCOMES
from vitrine.catalogue.objective import Burn, Ratio
from vitrine.catalogue.objectives import RATIOS
from vitrine.catalogue.promql import both, select
from vitrine.catalogue.recording import bad_share, events_in

NEXT = {
    "api_latency": "the runbook of HighLatency",
    "api_success": "the lines “Request failed” and “Store did not answer” in the log",
    "db_latency": "the runbook of DatabaseSlowQueries",
    "cache_hit": "the runbook of LowCacheHitRate",
    "gemini_latency": "the runbook of LLMProviderError",
    "deepseek_latency": "the runbook of LLMProviderError",
}


def _outcomes(failed: float) -> tuple[Feed, ...]:
    return tuple(
        Feed(API_OUTCOMES, {"group": "api", "outcome": outcome}, count)
        for outcome, count in (("ok", 100.0 - failed), ("server_error", failed))
    )


def _attempts(provider: str, edge: float, within: float) -> tuple[Feed, ...]:
    labels = {"provider": provider}
    return (
        Feed(LLM_DURATION, {**labels, "le": str(edge)}, within, part="bucket"),
        Feed(LLM_DURATION, labels, 100.0, part="count"),
    )


TRAFFIC = {
    "api_latency": (requests(slow=False), requests(slow=True)),
    "api_success": (_outcomes(0.0), _outcomes(50.0)),
    "db_latency": (statements(slow=False), statements(slow=True)),
    "cache_hit": (look_ups(95.0, 5.0), look_ups(0.0, 100.0)),
    "gemini_latency": (_attempts("gemini", 5.0, 100.0), _attempts("gemini", 5.0, 0.0)),
    "deepseek_latency": (_attempts("deepseek", 10.0, 100.0), _attempts("deepseek", 10.0, 0.0)),
}


def burn_alerts() -> Iterator[Alert]:
    """Yield the alerts of all objectives, the fastest burn of each first."""
    for objective in RATIOS:
        for burn in objective.burns():
            yield _alert(objective, burn)


def _alert(objective: Ratio, burn: Burn) -> Alert:
    long, short = bad_share(objective, burn.long), bad_share(objective, burn.short)
    threshold = burn.rate * objective.budget
    worth_it = events_in(objective, burn.long) > objective.least_events
    healthy, faulty = TRAFFIC[objective.id]
    spent = f"{burn.rate:g} times as fast as 30 days allow"
    return Alert(
        objective.alert(burn),
        Severity.CRITICAL if burn.page else Severity.WARNING,
        both(both(select(long) > threshold, select(short) > threshold), worth_it),
        "0s",
        f"The budget of “{objective.title}” is being spent {spent}",
        f"{{{{ $value | humanizePercentage }}}} of the events of the last {burn.long} were bad;"
        f" {threshold:.1%} is {spent}.",
        Runbook(
            f"In the last {burn.long}, and still in the last {burn.short}, more than"
            f" {threshold:.1%} of the events missed the objective “{objective.title}”.",
            f"At this pace the budget of 30 days is gone in {30 / burn.rate:.1f} days.",
            (
                Look(f"share of bad events in {burn.long}", select(long)),
                Look(f"share of bad events in {burn.short}", select(short)),
                Look(f"events that count in {burn.long}", events_in(objective, burn.long)),
            ),
            (
                f"Go on with {NEXT[objective.id]}.",
                "It resolves by itself soon after the cause is gone: the short window forgets.",
            ),
        ),
        healthy,
        faulty,
        labels={"objective": objective.id},
        objective=objective.id,
        burn=f"{burn.rate:g}",
    )
