from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import click

from vitrine.cli.failure import clear_errors


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; fail where a file is not current.")
@click.option(
    "--root",
    type=click.Path(path_type=Path, exists=True),
    default=Path(),
    help="The repository, or where your own deployment is.",
)
@click.option(
    "--public-url",
    default="http://127.0.0.1:8000",
    show_default=True,
    help="Where people reach the service: links in alerts and panels begin with it.",
)
@clear_errors
def command(check: bool, root: Path, public_url: str) -> None:
    """Write the generated files into the repository, or check that they are current.

    For a deployment of your own, name another directory with --root, and your address. What was
    generated once and is no longer is removed; a dashboard is moved to the archive.
    """
    from vitrine.monitoring.leftovers import clear, leftovers
    from vitrine.monitoring.reference import drift, write

    pages = _pages(public_url.rstrip("/"))
    left = leftovers(pages, root)
    if not check:
        clear(left, root)
        write(pages, root)
        click.echo(f"wrote {len(pages)} files")
        for path in (*left.stale, *left.dashboards):
            click.echo(f"{path}: {'removed' if path in left.stale else 'moved to the archive'}")
        return
    wrong = {
        **dict.fromkeys(drift(pages, root), "not current"),
        **dict.fromkeys((*left.stale, *left.dashboards), "no longer generated"),
    }
    for path, what in wrong.items():
        click.echo(f"{path}: {what}; run 'vitrine generate'", err=True)
    if wrong:
        sys.exit(1)
    click.echo(f"{len(pages)} generated files are current")


def _pages(public_url: str) -> Mapping[Path, str]:
    from vitrine.adapters.site_file import site_schema
    from vitrine.catalogue.alerts import ALERTS
    from vitrine.catalogue.dashboards import DASHBOARDS
    from vitrine.catalogue.limits import LIMITS
    from vitrine.catalogue.metrics import CATALOGUE
    from vitrine.deployment import service_files
    from vitrine.monitoring.deployment import deployment_files
    from vitrine.monitoring.elastic import logging_files
    from vitrine.monitoring.grafana import panels_page
    from vitrine.monitoring.links import Links
    from vitrine.monitoring.objectives_page import objectives_page
    from vitrine.monitoring.reference import (
        Setting,
        as_json,
        example_environment,
        limits_page,
        metrics_page,
        settings_page,
    )
    from vitrine.monitoring.runbooks import alerts_page, runbook_pages
    from vitrine.settings import Settings
    from vitrine.telemetry.log_fields import logged_fields

    links = Links(public_url)
    settings = [
        Setting(str(field.alias), _default(field.default), _in_one_line(field.description or ""))
        for field in Settings.model_fields.values()
    ]
    return {
        **deployment_files(links),
        **service_files(links),
        **logging_files(logged_fields()),
        Path("docs/reference/panels.md"): panels_page(DASHBOARDS),
        **runbook_pages(ALERTS),
        Path("docs/reference/alerts.md"): alerts_page(ALERTS),
        Path("docs/reference/objectives.md"): objectives_page(),
        Path(".env.example"): example_environment(settings),
        Path("docs/reference/metrics.md"): metrics_page(CATALOGUE),
        Path("docs/reference/settings.md"): settings_page(settings),
        Path("docs/reference/limits.md"): limits_page(LIMITS),
        Path("docs/reference/site.schema.json"): as_json(site_schema()),
    }


def _default(value: object) -> str:
    return "" if value is None or value == () else str(value)


def _in_one_line(meaning: str) -> str:
    return " ".join(meaning.split())
