from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import click

from vitrine.cli.failure import clear_errors


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; fail where a file is not current.")
@click.option(
    "--root", type=click.Path(path_type=Path, exists=True), default=Path(), help="The repository."
)
@clear_errors
def command(check: bool, root: Path) -> None:
    """Write the generated files into the repository, or check that they are current."""
    from vitrine.monitoring.reference import drift, write

    pages = _pages()
    if not check:
        write(pages, root)
        click.echo(f"wrote {len(pages)} files")
        return
    stale = drift(pages, root)
    for path in stale:
        click.echo(f"{path}: not current; run 'vitrine generate'", err=True)
    if stale:
        sys.exit(1)
    click.echo(f"{len(pages)} generated files are current")


def _pages() -> Mapping[Path, str]:
    from vitrine.adapters.site_file import site_schema
    from vitrine.catalogue.alerts import ALERTS
    from vitrine.catalogue.dashboards import DASHBOARDS
    from vitrine.catalogue.metrics import CATALOGUE
    from vitrine.monitoring.grafana import (
        dashboard_json,
        datasource_yml,
        panels_page,
        provider_yml,
    )
    from vitrine.monitoring.objectives_page import objectives_page
    from vitrine.monitoring.reference import (
        Setting,
        as_json,
        example_environment,
        metrics_page,
        settings_page,
    )
    from vitrine.monitoring.rules import rule_files
    from vitrine.monitoring.runbooks import alerts_page, runbook_pages
    from vitrine.settings import Settings

    settings = [
        Setting(str(field.alias), _default(field.default), field.description or "")
        for field in Settings.model_fields.values()
    ]
    rules = {Path("deploy/prometheus/rules") / name: text for name, text in rule_files().items()}
    grafana = Path("deploy/grafana")
    dashboards = {
        grafana / "dashboards" / f"{dashboard.uid}.json": as_json(dashboard_json(dashboard))
        for dashboard in DASHBOARDS
    }
    provisioning = {
        grafana / "provisioning/datasources/vitrine.yml": datasource_yml("http://prometheus:9090"),
        grafana / "provisioning/dashboards/vitrine.yml": provider_yml(),
    }
    return {
        **rules,
        **dashboards,
        **provisioning,
        Path("docs/reference/panels.md"): panels_page(DASHBOARDS),
        **runbook_pages(ALERTS),
        Path("docs/reference/alerts.md"): alerts_page(ALERTS),
        Path("docs/reference/objectives.md"): objectives_page(),
        Path(".env.example"): example_environment(settings),
        Path("docs/reference/metrics.md"): metrics_page(CATALOGUE),
        Path("docs/reference/settings.md"): settings_page(settings),
        Path("docs/reference/site.schema.json"): as_json(site_schema()),
    }


def _default(value: object) -> str:
    return "" if value is None or value == () else str(value)
