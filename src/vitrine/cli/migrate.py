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
    from vitrine.adapters.database.engine import sqlite_engine
    from vitrine.adapters.database.migrate import migrate
    from vitrine.adapters.database.schema import HEAD
    from vitrine.settings import Settings

    settings = Settings.load(home=home)
    settings.make_home()
    engine = sqlite_engine(settings.database_path, 1)
    done = migrate(engine)
    engine.dispose()
    state = "brought to" if done else "already at"
    click.echo(f"{settings.database_path}: {state} schema {HEAD}")
