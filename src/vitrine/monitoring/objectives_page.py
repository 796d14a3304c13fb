"""The reference page of the objectives: what is promised, how it is counted, what warns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vitrine.catalogue.alerts import ALERTS
from vitrine.catalogue.objective import DAYS, Ratio
from vitrine.catalogue.recording import bad, total
from vitrine.monitoring.reference import MARK


def objectives_page(objectives: Iterable[Ratio]) -> str:
    """Return the page, one section for each objective."""
    lines = [
        "# Objectives",
        "",
        f"<!-- {MARK} -->",
        "",
        (
            f"Each is a share of events over {DAYS} days. What may be missed in that time is its"
            " budget; `vitrine slo` tells what is left of it, and on how many days of data."
        ),
        "",
    ]
    for objective in objectives:
        lines += _section(objective)
    return "\n".join(lines)


def _section(objective: Ratio) -> Iterator[str]:
    yield f"## {objective.title}"
    yield ""
    yield f"The guide: *{objective.guide}*. Budget: {objective.budget:.0%} of the events."
    yield ""
    for record in (bad(objective), total(objective)):
        yield f"{record.help.partition(':')[0]}, recorded as `{record.name}`:"
        yield ""
        yield f"```promql\n{record.expression}\n```"
        yield ""
    yield "| alert | severity | fires above |"
    yield "| --- | --- | --- |"
    for alert in ALERTS:
        if alert.objective == objective.id:
            share = float(alert.burn) * objective.budget
            link = f"[{alert.name}](../runbooks/{alert.name}.md)"
            yield f"| {link} | {alert.severity.value} | {share:.1%} bad events |"
    yield ""
