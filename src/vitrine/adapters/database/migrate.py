"""Brings a database to this version's schema; Alembic is imported only where there is work."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from vitrine.adapters.database.schema import HEAD
from vitrine.domain.failure import Failure

if TYPE_CHECKING:
    from alembic.config import Config

_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('vitrine migrations'))")
MIGRATIONS = Path(__file__).parent / "migrations"


class NewerDatabaseError(Failure):
    """The database was written by a later version of Vitrine."""


def version_of(engine: Engine) -> str | None:
    """Return the migration that the database stands at, `None` for an empty one."""
    with engine.connect() as connection:
        return stands_at(connection)


def stands_at(connection: Connection) -> str | None:
    """Return the migration that a connection's database stands at, `None` for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def migrate(engine: Engine) -> bool:
    """Bring the database to `HEAD`; return whether anything had to be done.

    Raises `NewerDatabaseError` where a later version of Vitrine has been at work.
    """
    present = version_of(engine)
    if present == HEAD:
        return False
    if present is not None and present > HEAD:
        raise NewerDatabaseError(
            f"the database is at schema {present}, this version of Vitrine knows up to {HEAD};"
            " run the newer version or restore a backup"
        )
    from alembic import command

    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":  # several processes may start at once
            connection.execute(_ONE_AT_A_TIME)
        command.upgrade(_config(connection), "head")
    return True


def migrate_back(connection: Connection, to: str) -> None:
    """Undo what `migrate` did to a database that stood at a migration, or `""` if at none."""
    present = stands_at(connection)
    if present is None or present <= to:
        return
    from alembic import command

    command.downgrade(_config(connection), to or "base")


def _config(connection: Connection) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
