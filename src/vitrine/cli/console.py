"""What a terminal is told at the start: the console's password, which no log has, and more."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from vitrine.settings import Settings

LEFT_TO_WORKERS = "are done by `vitrine worker`: without one no analysis, no retention, no models"


def password_line(settings: Settings, *, shown: bool) -> str:
    """Return the password with the file that keeps it, or where nobody may look, the file."""
    if settings.admin_password is not None:
        return "as VITRINE_ADMIN_PASSWORD says"
    where = settings.home / "admin-password"
    password = settings.password()
    return f"{password} (kept in {where})" if shown else f"in {where}"


def introduce(settings: Settings, host: str, port: int) -> None:
    """Tell who starts a service at a terminal where the console is, and who does its jobs."""
    if sys.stderr.isatty():
        named = f"[{host}]" if ":" in host else host
        click.echo(f"console   http://{named}:{port}/console", err=True)
        click.echo(f"password  {password_line(settings, shown=True)}", err=True)
        if settings.postgres_url is not None:
            click.echo(f"jobs      {LEFT_TO_WORKERS}", err=True)
