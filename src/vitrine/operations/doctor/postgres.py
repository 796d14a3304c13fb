"""PostgreSQL, where it is the database: whether it answers, takes rows, and is kept clean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, text

from vitrine.adapters.database.migrate import stands_at
from vitrine.adapters.database.owner import KEY, owner_of
from vitrine.adapters.database.postgres.address import Address
from vitrine.adapters.database.postgres.condition import (
    PostgresRefusedError,
    examined,
    long_transactions,
    may_create,
    version,
    why_unwritable,
)
from vitrine.adapters.database.postgres.insight import has_times, look_at_tables
from vitrine.operations.doctor.finding import Finding, Level, absent, ok, problem, warning
from vitrine.operations.doctor.jobs import look_at_queue
from vitrine.operations.doctor.patient import Patient
from vitrine.operations.doctor.rows import look_at_rows
from vitrine.operations.doctor.schema import judged
from vitrine.signals import TableState

LONG_S = 60.0
"""No statement of the service takes so long; a backup of a large database may."""
FEW_DEAD, DEAD_SHARE = 1_000, 0.4
"""Autovacuum begins at a fifth, unless set otherwise."""
ASK = 'psql "$DATABASE_URL" -c'
RUNS = "see whether it runs, and DATABASE_URL: pg_isready -h HOST -p PORT"
SAME_SECRET = "set VITRINE_SECRET to that of the other processes, or restore `secret` in the home"  # noqa: S105


def look_at_postgres(patient: Patient) -> Iterator[Finding]:
    if patient.postgres is None:
        return
    place = Address.read(patient.postgres).place
    try:
        with examined(patient.postgres) as connection:
            yield ok("database", f"PostgreSQL {version(connection)} answers at {place}")
            yield (schema := judged(stands_at(connection)))
            if schema.level is not Level.OK:
                return
            yield from _writable(connection)
            yield _key(connection, patient)
            yield from _state(connection)
            yield from _rows(connection)
            yield from look_at_queue(connection)
    except PostgresRefusedError as failure:
        yield problem("database", str(failure), RUNS)


def _writable(connection: Connection) -> Iterator[Finding]:
    why = why_unwritable(connection)
    if why is not None:
        yield problem("database", f"it takes no rows: {why}", "see its rights, disk and log")
    elif not may_create(connection):
        yield problem(
            "database",
            "its role may make no tables: events of the next month would have no place",
            f'{ASK} "GRANT CREATE ON SCHEMA public TO ROLE", as its owner',
        )
    else:
        yield ok("database", "it takes what it is given")


def _key(connection: Connection, patient: Patient) -> Finding:
    mark = owner_of(connection, KEY)
    if mark is None:
        return absent("secrets", "no service has named visitors in it yet")
    if patient.key_mark is None:
        return problem("secrets", "there is no key here, and it knows visitors", SAME_SECRET)
    if patient.key_mark != mark:
        return problem("secrets", "the database names its visitors by another key", SAME_SECRET)
    return ok("secrets", "the key is that of the database")


def _state(connection: Connection) -> Iterator[Finding]:
    looked = look_at_tables(connection)
    events = looked.tables["events"].live if "events" in looked.tables else 0
    yield ok("database", f"{looked.size_bytes / 1e6:,.1f} MB, some {events:,} events")
    found = long_transactions(connection, LONG_S)
    for one in found:
        said = f"a transaction of {one.program or 'somebody'} is open for {one.open_s:,.0f} s"
        yield warning(
            "transactions",
            f"{said} ({one.state}): what is deleted meanwhile stays on the disk",
            f'{ASK} "SELECT pg_terminate_backend({one.pid})", unless it is a backup',
        )
    if not found:
        yield ok("transactions", f"none is open for longer than {LONG_S:.0f} s")
    yield from _dead(looked.tables)
    if has_times(connection):
        yield ok("statements", "pg_stat_statements is there")
    else:
        yield absent(
            "statements",
            "without pg_stat_statements the server's own times are not seen",
            "shared_preload_libraries = 'pg_stat_statements', then"
            f' {ASK} "CREATE EXTENSION pg_stat_statements"',
        )


def _rows(connection: Connection) -> Iterator[Finding]:
    as_they_come = {"stream_results": True}
    yield from look_at_rows(
        lambda query: connection.execute(text(query), execution_options=as_they_come), ASK
    )


def _dead(tables: Mapping[str, TableState]) -> Iterator[Finding]:
    crowded = [
        (name, state)
        for name, state in sorted(tables.items())
        if state.dead > FEW_DEAD + DEAD_SHARE * state.live
    ]
    for name, state in crowded:
        yield warning(
            "dead rows",
            f"{name} has {state.dead:,} beside {state.live:,} live ones: nobody cleans up",
            f'{ASK} "VACUUM (ANALYZE) {name}", and see autovacuum',
        )
    if not crowded:
        yield ok("dead rows", f"{sum(state.dead for state in tables.values()):,}, cleaned in time")
