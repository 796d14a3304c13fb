from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from vitrine.cli.failure import clear_errors

if TYPE_CHECKING:
    from vitrine.operations.slo import Standing

NO_TRAFFIC = "no traffic"


@click.command()
@click.option(
    "--url", default="http://127.0.0.1:9090", show_default=True, help="The Prometheus to ask."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@clear_errors
def command(url: str, as_json: bool) -> None:
    """Show each objective: where it stands, what is left of its budget, on how much data."""
    from vitrine.adapters.prometheus import PrometheusReader
    from vitrine.operations.slo import standings

    reader = PrometheusReader(url)
    try:
        found = list(standings(reader.value))
    finally:
        reader.close()
    if as_json:
        click.echo(json.dumps([standing._asdict() for standing in found], indent=2))
        return
    for standing in found:
        click.echo(_line(standing))


def _line(standing: Standing) -> str:
    from vitrine.catalogue.objective import spoken

    now = NO_TRAFFIC if standing.now is None else f"now {spoken(standing.now, standing.unit)}"
    return f"{standing.title:<64} {now:>14}   {_verdict(standing):>24}   {_covers(standing)}"


def _verdict(standing: Standing) -> str:
    """Return what is left of a budget, how often a limit was passed, or where a trend goes."""
    if standing.budget_left is not None:
        return f"{standing.budget_left:.0%} of the budget left"
    if standing.bad_minutes is not None:
        return f"{standing.bad_minutes:.0f} bad minutes"
    if standing.change is not None:
        return f"{standing.change:+.1%} in an hour"
    return "" if standing.kind == "trend" else NO_TRAFFIC


def _covers(standing: Standing) -> str:
    return "" if standing.kind == "trend" else f"covers {standing.days:.1f} of 30 days"
