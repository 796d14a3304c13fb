from __future__ import annotations

import asyncio
import json
from pathlib import Path

import click

from vitrine.cli.failure import clear_errors
from vitrine.cli.options import home_option, site_option


@click.command()
@click.argument("segment", required=False)
@click.option("--language", default="", help="A language of the site; its first if left out.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@home_option
@site_option
@clear_errors
def command(
    segment: str | None, language: str, as_json: bool, home: Path | None, site: str | None
) -> None:
    """Show the page as SEGMENT sees it (the default page if left out); nothing is counted."""
    from vitrine.settings import Settings
    from vitrine.wiring.home import rule_of

    settings = Settings.load(home=home, site=site)
    try:
        rule = asyncio.run(rule_of(settings, segment, language))
    except KeyError:
        raise click.UsageError(f"the site has no segment {segment!r}") from None
    if as_json:
        click.echo(json.dumps(rule._asdict(), indent=2, ensure_ascii=False))
        return
    click.echo(f"segment   {rule.segment or '(default page)'}")
    click.echo(f"sections  {', '.join(rule.priority_sections)}")
    click.echo(f"projects  {', '.join(rule.featured_projects)}")
    click.echo(f"skills    {', '.join(rule.highlight_skills)}")
    click.echo(f"reasoning {rule.reasoning}")
