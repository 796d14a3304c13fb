"""What models have cost, and how often they answered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from vitrine.catalogue.llm import LLM_BUDGET_LIMIT
from vitrine.catalogue.promql import max_by, select
from vitrine.catalogue.reported import attempts, costs
from vitrine.operations.report.section import Column, Figure, Point, Section, Table, Unit
from vitrine.operations.report.subject import Subject
from vitrine.operations.report.wording import UNKNOWN

COLUMNS = (
    Column("provider"),
    Column("calls", Unit.COUNT),
    Column("failed", Unit.SHARE),
    Column("cost", Unit.USD),
)
Row = tuple[str, float, float, float | None]
"""A provider, its calls, the share of them that failed, and what they cost where it is known."""
FAILING = 0.05
"""The bound of `LLMProviderError`, here over the whole period."""
LEAST_CALLS = 20
NEARLY = 0.8


def models(subject: Subject) -> Section:
    """Return calls and costs by provider."""
    asked = subject.questions
    spent, before = asked.by(costs, "provider"), asked.before_by(costs, "provider")
    calls: dict[str, float] = {}
    failed: dict[str, float] = {}
    for labels, count in asked.series(attempts):
        provider = labels["provider"]
        calls[provider] = calls.get(provider, 0.0) + count
        if labels["status"] == "error":
            failed[provider] = failed.get(provider, 0.0) + count
    rows = [
        (provider, count, failed.get(provider, 0.0) / count, spent.get(provider))
        for provider, count in sorted(calls.items())
        if round(count)
    ]
    total = sum(spent.values()) if spent else None
    return Section(
        "models",
        "Models",
        _quiet(rows, calls),
        [
            Figure(
                "cost of models",
                Unit.USD,
                total,
                sum(before.values()) if before else None,
                missing="not measured",
                note=_budget(subject),
            )
        ],
        [*_failing(rows, subject), *_dear(total, subject)],
        [Table("Providers", COLUMNS, rows)] if rows else [],
    )


def _quiet(rows: list[Row], calls: Mapping[str, float]) -> str:
    if rows:
        return "within the budget"
    return "no model was asked" if calls else UNKNOWN


def _budget(subject: Subject) -> str:
    limit = _limit(subject)
    return "" if limit is None else f"the budget allows {limit:g} USD a day"


def _limit(subject: Subject) -> float | None:
    return subject.questions.value(max_by(select(LLM_BUDGET_LIMIT)))


def _failing(rows: list[Row], subject: Subject) -> Iterator[Point]:
    for provider, count, failed, _ in rows:
        if count >= LEAST_CALLS and failed > FAILING:
            yield Point(
                f"{failed:.0%} of {count:,.0f} calls of {provider} failed",
                "see the reasons on the dashboard, and the runbook",
                link=subject.links.runbook("LLMProviderError"),
            )


def _dear(total: float | None, subject: Subject) -> Iterator[Point]:
    limit = _limit(subject)
    if total and limit and total > NEARLY * limit * subject.period.days:
        yield Point(
            f"models took {total / (limit * subject.period.days):.0%} of what the budget allows",
            "raise LLM_DAILY_BUDGET_USD, or choose a cheaper model (docs/models.md)",
            link=subject.links.runbook("BudgetNearlySpent"),
        )
