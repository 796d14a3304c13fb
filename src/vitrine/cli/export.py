from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import click

from vitrine.cli.failure import clear_errors
from vitrine.cli.options import home_option, site_option


@click.command()
@click.argument("who", metavar="ID")
@click.option("--language", default="", help="A language of the site; its first if left out.")
@home_option
@site_option
@clear_errors
def command(who: str, language: str, home: Path | None, site: str | None) -> None:
    """Print all that is kept of the visitor with this ID, or with this pseudonym, as JSON."""
    from vitrine.settings import Settings
    from vitrine.wiring.database import place_of
    from vitrine.wiring.visitors import export_from

    settings = Settings.load(home=home, site=site)
    found = asyncio.run(export_from(settings, who, language))
    if found is None:
        click.echo(f"nothing is kept of {who} in {place_of(settings)}", err=True)
        sys.exit(1)
    click.echo(json.dumps(found, indent=2, ensure_ascii=False))
