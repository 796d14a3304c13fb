"""The embedded database: whole, of this version's schema, and taking what it is given."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from vitrine.adapters.database.sqlite.condition import (
    first_fault,
    missing_tables,
    prove_writable,
    schema_of,
    size_bytes,
)
from vitrine.adapters.database.sqlite.copy import DatabaseUnreadableError, opened
from vitrine.operations.doctor.finding import Finding, Level, absent, ok, problem
from vitrine.operations.doctor.patient import Patient
from vitrine.operations.doctor.retention import look_at_visits
from vitrine.operations.doctor.rows import look_at_rows
from vitrine.operations.doctor.schema import judged

TRIES_FOR_S = 2.0
READ_THROUGH_BYTES = 1024**3
"""Some ten seconds; a larger file is read through by whoever has the time."""
RESTORE = "end the service, and make a new home of the last backup: vitrine restore"


def look_at_sqlite(patient: Patient) -> Iterator[Finding]:
    database = patient.database
    if patient.postgres is not None:
        return
    if not database.exists():
        yield absent("database", f"{database} is made when the service starts")
        return
    yield (whole := _whole(database))
    if whole.level is Level.PROBLEM:
        return
    yield (schema := judged(schema_of(database)))
    if schema.level is not Level.OK:
        return
    if missing := missing_tables(database):
        yield problem("database", f"it has no table {', '.join(missing)}", RESTORE)
        return
    yield _writable(database)
    yield from _rows(database)
    yield from look_at_visits(patient)


def _whole(database: Path) -> Finding:
    if size_bytes(database) > READ_THROUGH_BYTES:
        said = f"{database} has more than 1 GB, and was not read through"
        return absent("database", said, f"sqlite3 {database} 'PRAGMA quick_check'")
    try:
        fault = first_fault(database)
    except DatabaseUnreadableError as failure:
        return problem("database", str(failure), RESTORE)
    if fault is not None:
        return problem("database", f"{database} is damaged: {fault}", RESTORE)
    return ok("database", f"{database} is whole")


def _rows(database: Path) -> Iterator[Finding]:
    with opened(database) as found:
        found.text_factory = bytes  # what is damaged may be no text
        yield from look_at_rows(found.execute, f"sqlite3 {database}")


def _writable(database: Path) -> Finding:
    try:
        prove_writable(database, TRIES_FOR_S)
    except DatabaseUnreadableError as failure:
        do = f"see who may write {database}, and whether the disk is full: df -h {database.parent}"
        return problem("database", str(failure), do)
    return ok("database", "it takes what it is given")
