from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vitrine.cli.failure import clear_errors
from vitrine.cli.options import home_option, site_option

if TYPE_CHECKING:
    from vitrine.operations.doctor.finding import Finding

COLOURS = {"ok": "green", "absent": "bright_black", "warning": "yellow", "problem": "red"}
PROBLEM, WARNING = 1, 3


@click.command()
@home_option
@site_option
@click.option("--url", help="Where the service is, if not at VITRINE_PUBLIC_URL.")
@click.option("--prometheus", help="The Prometheus (VITRINE_PROMETHEUS_URL).")
@click.option("--alertmanager", help="The Alertmanager (VITRINE_ALERTMANAGER_URL).")
@click.option("--grafana", help="The Grafana (GRAFANA_URL).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@click.option("--strict", is_flag=True, help="End with 3 where there are warnings alone.")
@clear_errors
def command(
    *,
    home: Path | None,
    site: str | None,
    url: str | None,
    prometheus: str | None,
    alertmanager: str | None,
    grafana: str | None,
    as_json: bool,
    strict: bool,
) -> None:
    """Look at every part of the monitoring, and say what to do; nothing is changed.

    A part that is not there is said to be absent, which is no problem unless its address was
    set. The exit code is 1 where there is a problem, else 0; with --strict 3 where there are
    warnings alone. No secret is shown.
    """
    from vitrine.operations.doctor.finding import Level, worst

    given = {
        "home": home,
        "site": site,
        "prometheus_url": prometheus,
        "alertmanager_url": alertmanager,
        "grafana_url": grafana,
    }
    findings = []
    for finding in _examined(url, given):
        findings.append(finding)
        if not as_json:
            _show(finding)
    found = worst(findings)
    if as_json:
        checks = [finding._asdict() for finding in findings]
        report = {"ok": found is not Level.PROBLEM, "worst": found, "checks": checks}
        click.echo(json.dumps(report, indent=2))
    if found is Level.PROBLEM:
        sys.exit(PROBLEM)
    if found is Level.WARNING and strict:
        sys.exit(WARNING)


def _examined(url: str | None, given: dict[str, Any]) -> Iterator[Finding]:
    """Yield all findings; where a setting cannot be used, they say so and are all."""
    from vitrine.domain.failure import Failure
    from vitrine.operations.doctor.examination import examine
    from vitrine.operations.doctor.finding import ok, problem
    from vitrine.settings import Settings
    from vitrine.wiring.doctor import patient_of

    try:
        settings = Settings.load(**given)
    except Failure as failure:
        for line in str(failure).splitlines():
            yield problem("settings", line, "mend it: docs/reference/settings.md")
        return
    yield ok("settings", f"each can be used; {len(settings.model_fields_set)} are set")
    yield from examine(patient_of(settings, url))


def _show(finding: Finding) -> None:
    level = click.style(f"{finding.level:<9}", fg=COLOURS[finding.level])
    do = f"; {finding.do}" if finding.do else ""
    click.echo(f"{level}{finding.check:<18}{finding.found}{do}")
