"""The part of a backup that is a PostgreSQL: dumped at one moment, restored whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from vitrine.adapters.database.postgres.copy import (
    moment_of,
    rows_in,
    scratch_database,
    server_of,
    tables_in,
)
from vitrine.adapters.database.schema import LOG_KEYS
from vitrine.domain.failure import Failure
from vitrine.operations.backup.manifest import Manifest, Origin
from vitrine.operations.backup.programs import ProgramFailedError, run
from vitrine.operations.backup.proof import row_faults

SHOWN = 3
WHERE = "name the database with DATABASE_URL"


class OtherKindError(Failure):
    """A backup is of another kind of database than the one that it should go to."""


class DatabaseTakenError(Failure):
    """There are tables already in the database that should be restored into."""


def dump(url: str, to: Path) -> tuple[Origin, Mapping[str, int]]:
    """Dump a database that is in use into a file; return what it is and the dumped rows by table.

    Keys of the log are left out. Rows are counted and dumped as of the same moment. Raises
    `PostgresRefusedError`, `ProgramMissingError` or `ProgramFailedError`.
    """
    server = server_of(url)
    to.touch(mode=0o600)
    with moment_of(url) as moment:
        run(
            "pg_dump",
            server,
            url,
            "--format=custom",
            "--compress=0",  # the archive is zipped as a whole
            f"--snapshot={moment.snapshot}",
            f"--schema={moment.schema}",
            f"--exclude-table-data=*.{LOG_KEYS}",
            f"--file={to}",
        )
    origin = Origin("postgresql", moment.server, moment.schema, moment.migration)
    return origin, {table: 0 if table == LOG_KEYS else rows for table, rows in moment.rows.items()}


def demand_empty(url: str) -> None:
    """Raise `DatabaseTakenError` where a database has any table."""
    found = tables_in(url)
    if found:
        more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
        raise DatabaseTakenError(
            f"the database of DATABASE_URL has tables ({', '.join(found[:SHOWN])}{more}):"
            " name an empty one, as CREATE DATABASE makes it"
        )


def demand_kind(manifest: Manifest, url: str | None) -> None:
    """Raise `OtherKindError` where a backup cannot go where the settings say."""
    if manifest.database.kind == "postgresql" and url is None:
        raise OtherKindError(f"this is a backup of a PostgreSQL: {WHERE}, postgresql://…")
    if manifest.database.kind == "sqlite" and url is not None:
        raise OtherKindError(
            "this is a backup of the embedded database (SQLite), which cannot go to a PostgreSQL:"
            " restore it without DATABASE_URL"
        )


def fill(url: str, file: Path, manifest: Manifest) -> Iterator[str]:
    """Restore a dump into an empty database, in one transaction; yield how its rows differ.

    Owners and rights are those of the role that restores. Raises `PostgresRefusedError`,
    `ProgramMissingError` or `ProgramFailedError`, after which the database is as empty as before.
    """
    run(
        "pg_restore",
        server_of(url),
        url,
        "--single-transaction",
        "--exit-on-error",
        "--no-owner",
        "--no-privileges",
        f"--schema={manifest.database.schema}",
        str(file),
    )
    yield from row_faults(manifest, rows_in(url))


def dump_faults(file: Path, manifest: Manifest, url: str | None) -> Iterator[str]:
    """Yield in words how a dump differs from what was backed up, restored beside the database.

    Raises `NoScratchDatabaseError` where the role may not, and as `fill`.
    """
    if manifest.database.kind == "sqlite":
        return
    if url is None:
        raise OtherKindError(f"a backup of a PostgreSQL is compared on a server: {WHERE}")
    with scratch_database(url) as scratch:
        try:
            yield from fill(scratch, file, manifest)
        except ProgramFailedError as failure:
            yield f"database: {failure}"
