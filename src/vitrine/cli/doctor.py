from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vitrine.cli.failure import clear_errors
from vitrine.cli.options import home_option

if TYPE_CHECKING:
    from vitrine.operations.doctor import Finding

COLOURS = {"ok": "green", "absent": "bright_black", "warning": "yellow", "problem": "red"}


@click.command()
@home_option
@click.option("--url", help="Where the service is, if not at VITRINE_PUBLIC_URL.")
@click.option("--prometheus", help="The Prometheus (VITRINE_PROMETHEUS_URL).")
@click.option("--alertmanager", help="The Alertmanager (VITRINE_ALERTMANAGER_URL).")
@click.option("--grafana", help="The Grafana (GRAFANA_URL).")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@clear_errors
def command(
    *,
    home: Path | None,
    url: str | None,
    prometheus: str | None,
    alertmanager: str | None,
    grafana: str | None,
    as_json: bool,
) -> None:
    """Look at every part of the monitoring, and say what to do; nothing is changed.

    A part that is not there is said to be absent, which is no problem unless its address was
    set. The exit code is 1 where there is a problem. No secret is shown.
    """
    from vitrine.operations.doctor import Level, examine
    from vitrine.settings import Settings
    from vitrine.wiring.doctor import patient_of

    settings = Settings.load(
        home=home, prometheus_url=prometheus, alertmanager_url=alertmanager, grafana_url=grafana
    )
    findings = []
    for finding in examine(patient_of(settings, url)):
        findings.append(finding)
        if not as_json:
            _show(finding)
    problems = sum(finding.level is Level.PROBLEM for finding in findings)
    if as_json:
        checks = [finding._asdict() for finding in findings]
        click.echo(json.dumps({"ok": not problems, "checks": checks}, indent=2))
    if problems:
        sys.exit(1)


def _show(finding: Finding) -> None:
    level = click.style(f"{finding.level:<9}", fg=COLOURS[finding.level])
    do = f"; {finding.do}" if finding.do else ""
    click.echo(f"{level}{finding.check:<18}{finding.found}{do}")
