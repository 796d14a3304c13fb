from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vitrine.cli.failure import clear_errors
from vitrine.cli.options import home_option, site_option

if TYPE_CHECKING:
    from vitrine.usecases.analyse import Analysis


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@home_option
@site_option
@clear_errors
def command(as_json: bool, home: Path | None, site: str | None) -> None:
    """Refresh what each segment is shown from what its visitors really use.

    The service does the same every hour.
    """
    from vitrine.settings import Settings
    from vitrine.wiring.home import analyser

    async def analysed() -> Analysis:
        async with analyser(Settings.load(home=home, site=site)) as analyse:
            return await analyse()

    found = asyncio.run(analysed())
    if as_json:
        counts = {name: value for name, value in found._asdict().items() if name != "rules"}
        click.echo(json.dumps({**counts, "version": found.rules.version}, indent=2))
        return
    click.echo(f"{found.visits} visits of the last 30 days, {found.bots} bots left out")
    for segment, visits in found.segments.items():
        click.echo(f"  {segment:<16} {visits:>8} visits")
    click.echo(f"{found.reassessed} visits are seen differently now")
    click.echo("the rules changed" if found.changed else "the rules stay as they were")
