"""The reference page of the objectives: what is promised, how it is counted, what warns."""

from __future__ import annotations

from collections.abc import Iterator

from vitrine.catalogue.alerts import ALERTS
from vitrine.catalogue.objective import DAYS, Limit, Ratio, Trend
from vitrine.catalogue.objectives import LIMITS, RATIOS, TRENDS
from vitrine.catalogue.promql import Expression
from vitrine.catalogue.recording import bad, growth, total
from vitrine.monitoring.reference import MARK

HEAD = f"""\
# Objectives

<!-- {MARK} -->

Every target of the guide, in one of three kinds. `vitrine slo` tells where each stands.

- A **ratio** is a share of events over {DAYS} days. What may be missed in that time is its
  budget, and alerts fire when that is spent too fast.
- A **limit** is a figure of each minute. What counts is the minutes of {DAYS} days above it; a
  minute in which there was nothing to measure counts neither way.
- A **trend** is shown, and promises nothing.
"""


def objectives_page() -> str:
    """Return the page, one section for each objective."""
    sections = (
        *(line for ratio in RATIOS for line in _of_ratio(ratio)),
        *(line for limit in LIMITS for line in _of_limit(limit)),
        *(line for trend in TRENDS for line in _of_trend(trend)),
    )
    return "\n".join([HEAD, *sections])


def _of_limit(limit: Limit) -> Iterator[str]:
    yield f"## {limit.title}\n"
    yield f"The guide: *{limit.guide}*. Limit: a minute is bad above {limit.most:g} {limit.unit}.\n"
    yield from _query(limit.figure)


def _of_trend(trend: Trend) -> Iterator[str]:
    yield f"## {trend.title}\n"
    yield f"The guide: *{trend.guide}*. Trend: the figure, and its growth in {trend.window}.\n"
    yield from _query(trend.figure)
    yield from _query(growth(trend))


def _query(expression: Expression) -> Iterator[str]:
    yield f"```promql\n{expression}\n```\n"


def _of_ratio(objective: Ratio) -> Iterator[str]:
    yield f"## {objective.title}"
    yield ""
    yield f"The guide: *{objective.guide}*. Budget: {objective.budget:.0%} of the events."
    yield ""
    for record in (bad(objective), total(objective)):
        yield f"{record.help.partition(':')[0]}, recorded as `{record.name}`:"
        yield ""
        yield from _query(record.expression)
    yield "| alert | severity | fires above |"
    yield "| --- | --- | --- |"
    for alert in ALERTS:
        if alert.objective == objective.id:
            share = float(alert.burn) * objective.budget
            link = f"[{alert.name}](../runbooks/{alert.name}.md)"
            yield f"| {link} | {alert.severity.value} | {share:.1%} bad events |"
    yield ""
