from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import click

from vitrine.cli.failure import clear_errors
from vitrine.cli.parts import part, show, verify_at

if TYPE_CHECKING:
    from vitrine.operations.backup import Manifest
    from vitrine.settings import Settings
    from vitrine.wiring.forgotten import Lists, Replay


@click.command()
@click.argument("place", metavar="ARCHIVE", type=click.Path(path_type=Path))
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
@click.option(
    "--before",
    metavar="NAME",
    help="The database of before, on the same server: its list of who was erased.",
)
@click.option(
    "--alertmanager", help="Where to put silences back (VITRINE_ALERTMANAGER_URL, if that is set)."
)
@clear_errors
def command(
    *,
    place: Path,
    home: Path | None,
    only_verify: bool,
    lists: tuple[Path, ...],
    before: str | None,
    alertmanager: str | None,
) -> None:
    """Make a new home of a backup, or only compare what is in it.

    Of a directory, the newest verified archive is taken.
    The home must not be there yet, and appears after everything was compared. It is laid out as
    that of `vitrine up`, which looks for it in a directory: for one that it shall run, name
    DIRECTORY/simulated here and DIRECTORY there. What is of a PostgreSQL goes into the empty
    database that DATABASE_URL names, whole or not at all. Who was erased after the backup was
    made is erased again.
    """
    from vitrine.adapters.database.postgres.address import Address
    from vitrine.operations.backup import archive_at, restore
    from vitrine.settings import Settings
    from vitrine.wiring.forgotten import Replay, lists_of

    if only_verify == (home is not None):
        raise click.UsageError("name the new home with --home, or only compare with --verify")
    settings = Settings.load(alertmanager_url=alertmanager)
    if home is None:
        verify_at(place, settings)
        return
    secret, postgres = settings.backup_key, settings.postgres_url
    key = secret.get_secret_value() if secret else None
    known = lists_of(settings.home, lists, _beside(postgres, before))
    archive = archive_at(place)
    said: list[str] = []

    def prepare(made: Path, manifest: Manifest) -> Callable[[], None]:
        replay = Replay(made, known, manifest.made_at_ms, postgres)
        return lambda: said.extend(_erased(replay, replay(), known, settings.home))

    manifest, left = restore(archive, home, key, postgres, prepare)
    click.echo(part("archive", str(archive)))
    show(manifest)
    for line in said:
        click.echo(line)
    if manifest.silences:
        click.echo(part("silences", _put_back(home, settings)))
    click.echo(part("restored", f"{home}" + (f"; {left}" if left else "")))
    where = f"DATABASE_URL={quote(Address.read(postgres).shown)} " if postgres else ""
    click.echo(part("next", f"{where}vitrine serve --home {home} --site {home / 'site.yaml'}"))


def _beside(postgres: str | None, name: str | None) -> str | None:
    """Return the address of another database on the same server, where one is named."""
    from vitrine.adapters.database.postgres.address import Address

    if name is None:
        return None
    if postgres is None:
        raise click.UsageError("--before names a database on the server of DATABASE_URL: set it")
    return Address.read(postgres).of(name).for_libpq()


def _put_back(home: Path, settings: Settings) -> str:
    """Put the silences of a restored home back where that was asked for, and say what became."""
    from vitrine.adapters.alertmanager_api import AlertmanagerApi
    from vitrine.adapters.http_api import ApiError
    from vitrine.operations.backup import put_back
    from vitrine.operations.backup.layout import SILENCES
    from vitrine.wiring.backup import ANSWERS_WITHIN_S

    file = home / SILENCES
    api = AlertmanagerApi(settings.alertmanager_url, within_s=ANSWERS_WITHIN_S)
    by_hand = f"amtool --alertmanager.url={api.url} silence import {file}"
    if "alertmanager_url" not in settings.model_fields_set:
        return f"not put back, since --alertmanager names none; by hand: {by_hand}"
    try:
        return str(put_back(file, api))
    except ApiError as problem:
        return f"not put back: {problem}; later: {by_hand}"


def _erased(replay: Replay, again: int, lists: Lists, home: Path) -> Iterator[str]:
    """Yield which lists were replayed, and what that did; nothing of it goes without saying."""
    from vitrine.adapters.forgotten_file import NAME

    entries = {place: len(found) for place, found in lists.items()}
    if replay.own:
        entries["the backup's own"] = len(replay.own)
    for name, count in entries.items():
        yield part("erased since", f"{name}: {count:,} {'entry' if count == 1 else 'entries'}")
    if not lists:
        name = "--forgotten, or --before on PostgreSQL"
        yield part("erased since", f"no list was found at {home / NAME}; name one with {name}")
    if again:
        yield part("erased again", f"{again:,} {'visitor' if again == 1 else 'visitors'}")
