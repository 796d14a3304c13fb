from __future__ import annotations

from pathlib import Path

import click

from vitrine.cli.failure import clear_errors
from vitrine.cli.options import home_option


@click.command()
@home_option
@clear_errors
def command(home: Path | None) -> None:
    """Bring the home's database to this version's schema (`serve` does so by itself)."""
    from vitrine.adapters.database.migrate import migrate
    from vitrine.adapters.database.postgres.address import Address
    from vitrine.adapters.database.schema import HEAD
    from vitrine.settings import Settings
    from vitrine.wiring.database import administered

    settings = Settings.load(home=home)
    settings.make_home()
    with administered(settings) as engine:
        done = migrate(engine)
    url = settings.postgres_url
    place = settings.database_path if url is None else Address.read(url).place
    state = "brought to" if done else "already at"
    click.echo(f"{place}: {state} schema {HEAD}")
