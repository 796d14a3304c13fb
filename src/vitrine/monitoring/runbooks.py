"""One page for each alert: what it means, where to look, what to do; and a list of them all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from vitrine.catalogue.alert import Alert
from vitrine.catalogue.drills import drills_of
from vitrine.monitoring.reference import MARK
from vitrine.monitoring.rules import RUNBOOKS


def runbook_pages(alerts: Iterable[Alert]) -> Mapping[Path, str]:
    """Return every alert's page by its path in the repository."""
    return {Path(RUNBOOKS) / f"{alert.name}.md": _page(alert) for alert in alerts}


def alerts_page(alerts: Iterable[Alert]) -> str:
    """Return the page that names every alert."""
    rows = (
        f"| [{alert.name}](../runbooks/{alert.name}.md) | {alert.severity.value} |"
        f" {alert.hold} | {alert.summary} |"
        for alert in alerts
    )
    return "\n".join(
        [
            "# Alerts",
            "",
            f"<!-- {MARK} -->",
            "",
            "| alert | severity | after | says |",
            "| --- | --- | --- | --- |",
            *rows,
            "",
        ]
    )


def _page(alert: Alert) -> str:
    runbook = alert.runbook
    looks = [f"- {look.shows}:\n\n  ```promql\n  {look.query}\n  ```" for look in runbook.look]
    steps = [f"{number}. {step}" for number, step in enumerate(runbook.steps, start=1)]
    drills = [f"- `vitrine drill {one.name}`: {one.does}." for one in drills_of(alert)]
    keep = f", and stays for {alert.keep_firing} after it" if alert.keep_firing else ""
    return "\n".join(
        [
            f"# {alert.name}",
            "",
            f"<!-- {MARK} -->",
            "",
            (
                f"**{alert.summary}.** Severity {alert.severity.value}; fires when this has"
                f" held for {alert.hold}{keep}:"
            ),
            "",
            f"```promql\n{alert.expression}\n```",
            "",
            "## What it means",
            "",
            runbook.means,
            "",
            f"Whom it hurts: {runbook.impact}",
            "",
            "## Where to look",
            "",
            *looks,
            "",
            "## What to do",
            "",
            *steps,
            "",
            "## How it is proven",
            "",
            *drills,
            "",
        ]
    )
