"""What became of each part of a backup, a line for each."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from vitrine.operations.backup import Manifest
    from vitrine.settings import Settings


def part(name: str, words: str) -> str:
    """Return the line of a part; names that are too long for their column are kept apart."""
    return f"{name:<15} {words}"


def verify_at(place: Path, settings: Settings) -> None:
    """Restore an archive, or the newest verified one of a directory, to compare it, and say so."""
    from vitrine.operations.backup import archive_at, verify

    archive, key = archive_at(place), settings.backup_key
    show(verify(archive, key.get_secret_value() if key else None, settings.postgres_url))
    click.echo(part("verified", f"{archive}: restored, and the same"))


def show(manifest: Manifest) -> None:
    """Say what an archive holds."""
    from vitrine.operations.backup import figures_said, rows_said

    click.echo(part("made", f"{manifest.made_at} by Vitrine {manifest.vitrine}"))
    click.echo(part("database", f"{rows_said(manifest.tables)}, {manifest.database}"))
    for name, held in manifest.tiers.items():
        click.echo(part(name, figures_said(held)))
    if manifest.dashboards:
        click.echo(part("dashboards", str(len(manifest.dashboards))))
    if manifest.folders:
        click.echo(part("folders", str(len(manifest.folders))))
    if manifest.silences:
        click.echo(part("silences", str(manifest.silences)))
    for name, why in manifest.left_out.items():
        click.echo(part(name, f"left out: {why}"))
