from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vitrine.cli.failure import clear_errors
from vitrine.cli.options import home_option, site_option

if TYPE_CHECKING:
    from vitrine.wiring.models import PeriodReport


@click.command("visitors")
@click.option(
    "--days", default=7, show_default=True, type=click.IntRange(1, 366), help="How far back."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@home_option
@site_option
@clear_errors
def visitors(days: int, as_json: bool, home: Path | None, site: str | None) -> None:
    """Report on the last days: what happened, what it teaches, what models have cost.

    A model writes the insights where one is set; each number in them stands in the figures.
    """
    from vitrine.settings import Settings
    from vitrine.wiring.models import reporter

    async def reported() -> PeriodReport:
        async with reporter(Settings.load(home=home, site=site)) as report:
            return await report(days)

    found = asyncio.run(reported())
    if as_json:
        click.echo(json.dumps(_document(found), indent=2, ensure_ascii=False))
        return
    _print(found)


def _document(found: PeriodReport) -> dict[str, object]:
    report = found.report
    return {
        "days": report.days,
        "figures": report.figures,
        "insights": [insight._asdict() for insight in report.insights],
        "written_by": {"leg": report.leg, "model": report.model},
        "models": {
            "calls": found.spent.calls,
            "calls_per_1000_visitors": found.calls_per_1000,
            "cost_usd": found.cost_usd,
        },
    }


def _print(found: PeriodReport) -> None:
    report = found.report
    click.echo("The last day" if report.days == 1 else f"The last {report.days} days")
    for name, value in report.figures.items():
        shown = f"{value:,}" if not isinstance(value, str) else value
        click.echo(f"  {name:<32} {shown:>12}")
    writer = "local rules" if report.leg == report.model else f"{report.leg} ({report.model})"
    click.echo(f"\nWhat it teaches, by {writer}")
    for insight in report.insights:
        click.echo(f"\n- {insight.what}")
        for name in ("why", "so_what", "recommendation"):
            sentence = getattr(insight, name)
            if sentence:
                click.echo(f"  {name.replace('_', ' ').capitalize()}: {sentence}")
    per_1000 = found.calls_per_1000
    rate = "no visitors" if per_1000 is None else f"{per_1000:.1f} per 1,000 visitors"
    click.echo(f"\nModels: {found.spent.calls} calls, {rate}; {found.cost_usd:.4f} USD")
