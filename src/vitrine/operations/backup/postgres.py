"""The part of a backup that is a PostgreSQL: dumped at one moment, restored whole or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from vitrine.adapters.database.postgres.condition import PostgresRefusedError
from vitrine.adapters.database.postgres.copy import (
    empty_again,
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
from vitrine.operations.backup.workplace import undisturbed

SHOWN = 3
WHERE = "name the database with DATABASE_URL"
STILL_HOLDS = "the database of DATABASE_URL still holds what was restored; drop it"


class OtherKindError(Failure):
    """A backup is of another kind of database than the one that it should go to."""


class DatabaseTakenError(Failure):
    """There are tables already in the database that should be restored into."""


class NotEmptiedError(Failure):
    """What was restored could not be taken out of a database again; the message says why."""


def dump(url: str, to: Path) -> tuple[Origin, Mapping[str, int]]:
    """Dump a database that is in use into a file; return what it is and the dumped rows by table.

    Keys of the log are left out. Rows are counted and dumped as of the same moment. Raises
    `PostgresRefusedError`, `ProgramMissingError` or `ProgramFailedError`, and `OSError` where
    there is no room.
    """
    server = server_of(url)
    to.touch(mode=0o600)
    with moment_of(url) as moment, _room_for(to):
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


@contextmanager
def _room_for(file: Path) -> Iterator[None]:
    """Have a program's words about a full disk name the file that it was writing."""
    try:
        yield
    except ProgramFailedError as failure:
        if os.strerror(errno.ENOSPC) not in str(failure):
            raise
        raise OSError(errno.ENOSPC, str(failure), str(file)) from None


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


def fill(url: str, file: Path, manifest: Manifest) -> Iterable[str]:
    """Restore a dump into an empty database, in one transaction; return how its rows differ.

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
    return row_faults(manifest, rows_in(url))


@contextmanager
def filled(url: str, file: Path, manifest: Manifest) -> Iterator[Iterable[str]]:
    """Fill an empty database and give how its rows differ; raises what `fill` does.

    Where the block then fails or is interrupted, the database is emptied again, or
    `NotEmptiedError` raised.
    """
    undo = _undoing(url, file, manifest)
    faults = fill(url, file, manifest)
    try:
        yield faults
    except BaseException as problem:
        try:
            with undisturbed():
                empty_again(url, undo, manifest.database.migration)
        except PostgresRefusedError as refused:
            raise NotEmptiedError(f"{problem}\n{refused}: {STILL_HOLDS}") from None
        raise


def _undoing(url: str, file: Path, manifest: Manifest) -> str:
    """Return the statements that drop what a dump makes, and nothing else."""
    words = ("--clean", "--if-exists", "--schema-only", f"--schema={manifest.database.schema}")
    script = run("pg_restore", server_of(url), None, *words, "--file=-", str(file))
    drops = script.partition("\nCREATE ")[0].splitlines()
    return "\n".join(line for line in drops if line.startswith(("DROP ", "ALTER TABLE IF EXISTS ")))


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
