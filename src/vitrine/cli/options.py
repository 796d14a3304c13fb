"""Options that several commands share."""

from pathlib import Path

import click

home_option = click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where data and secrets live (VITRINE_HOME, else ./.vitrine).",
)
site_option = click.option(
    "--site", help="A site file, or the name of a shipped one (VITRINE_SITE, else portfolio)."
)
workers_option = click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(1, 64),
    help="Processes that serve side by side; more than one need PostgreSQL.",
)
