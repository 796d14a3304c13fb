from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vitrine.cli.failure import clear_errors

if TYPE_CHECKING:
    from vitrine.operations.backup import Manifest


@click.command()
@click.argument("archive", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--home", type=click.Path(path_type=Path, file_okay=False), help="The new home to make."
)
@click.option("--verify", "only_verify", is_flag=True, help="Compare, and make no home.")
@click.option(
    "--forgotten",
    "lists",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="A list of who was erased since; that of VITRINE_HOME is taken by itself.",
)
@clear_errors
def command(
    *, archive: Path, home: Path | None, only_verify: bool, lists: tuple[Path, ...]
) -> None:
    """Make a new home of a backup, or only compare what is in it.

    The home must not be there yet, and appears after everything was compared. It is laid out as
    that of `vitrine up`, which looks for it in a directory: for one that it shall run, name
    DIRECTORY/simulated here and DIRECTORY there. What is of a PostgreSQL goes into the empty
    database that DATABASE_URL names, whole or not at all. Who was erased after the backup was
    made is erased again.
    """
    from vitrine.adapters.forgotten_file import NAME
    from vitrine.operations.backup import restore, verify
    from vitrine.settings import Settings
    from vitrine.wiring.forgotten import forget_again

    if only_verify == (home is not None):
        raise click.UsageError("name the new home with --home, or only compare with --verify")
    settings = Settings.load()
    secret, postgres = settings.backup_key, settings.postgres_url
    key = secret.get_secret_value() if secret else None
    if home is None:
        _print(verify(archive, key, postgres))
        click.echo(f"{'verified':<16}{archive}: restored, and the same")
        return
    again: list[int] = []

    def finish(made: Path, manifest: Manifest) -> None:
        known = (settings.home / NAME, *lists)
        again.append(asyncio.run(forget_again(made, known, manifest.made_at_ms, postgres)))

    manifest, left = restore(archive, home, key, postgres, finish)
    _print(manifest)
    if again[0]:
        click.echo(f"{'erased again':<16}{again[0]} visitors who were erased since")
    click.echo(f"{'restored':<16}{home}" + (f"; {left}" if left else ""))
    where = f"DATABASE_URL={_shown(postgres)} " if postgres else ""
    click.echo(f"{'next':<16}{where}vitrine serve --home {home} --site {home / 'site.yaml'}")


def _shown(url: str) -> str:
    """Return the address of a database with stars for its password."""
    from sqlalchemy import make_url

    return make_url(url).difference_update_query(["password"]).render_as_string()


def _print(manifest: Manifest) -> None:
    from vitrine.operations.backup import figures_said, rows_said

    click.echo(f"{'made':<16}{manifest.made_at} by Vitrine {manifest.vitrine}")
    click.echo(f"{'database':<16}{rows_said(manifest.tables)}, {manifest.database}")
    for name, held in manifest.tiers.items():
        click.echo(f"{name:<16}{figures_said(held)}")
    if manifest.dashboards:
        click.echo(f"{'dashboards':<16}{len(manifest.dashboards)}")
    for name, why in manifest.left_out.items():
        click.echo(f"{name:<16}left out: {why}")
