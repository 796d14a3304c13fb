from __future__ import annotations

import json

import click


@click.command()
def command() -> None:
    """Print the JSON Schema of site.yaml, for editors that check as one types."""
    from vitrine.adapters.site_file import site_schema

    click.echo(json.dumps(site_schema(), indent=2))
