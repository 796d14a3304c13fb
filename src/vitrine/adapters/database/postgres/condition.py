"""Whether a PostgreSQL does what the service needs, as an operator asks it: nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from vitrine.adapters.database.postgres.address import Address
from vitrine.adapters.database.postgres.engine import administering_engine
from vitrine.domain.failure import Failure

WITHIN_MS = 5_000
_WRITE = text("INSERT INTO notes (name, value) VALUES ('tried', '')")
_MAY_CREATE = text("SELECT has_schema_privilege(current_schema(), 'CREATE')")
_VERSION = text("SELECT split_part(current_setting('server_version'), ' ', 1)")
_LONG = text(
    "SELECT pid, coalesce(application_name, '') AS program, state,"
    " CAST(extract(epoch FROM clock_timestamp() - xact_start) AS double precision) AS open_s"
    " FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    " AND backend_type = 'client backend'"
    " AND xact_start < clock_timestamp() - make_interval(secs => :longer_s) ORDER BY xact_start"
)


class PostgresRefusedError(Failure):
    """The server did not answer, or not with what was asked; the message says why."""


class LongTransaction(NamedTuple):
    """A transaction of another process that is open for `open_s` seconds."""

    pid: int
    program: str
    state: str
    open_s: float


@contextmanager
def examined(url: str) -> Iterator[Connection]:
    """Give a connection on which nothing is kept waiting for long, and nothing is committed.

    Raises `PostgresRefusedError`, within the block as well.
    """
    engine = administering_engine(url)
    try:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"SET statement_timeout = {WITHIN_MS}")
            connection.exec_driver_sql(f"SET lock_timeout = {WITHIN_MS}")
            yield connection
    except DBAPIError as failure:
        raise PostgresRefusedError(f"{Address.read(url).place}: {reason(failure)}") from None
    finally:
        engine.dispose()


def reason(failure: DBAPIError) -> str:
    """Return the first line of what the server or the driver says."""
    said = str(failure.orig).strip().splitlines()
    return said[0] if said else type(failure.orig).__name__


def version(connection: Connection) -> str:
    """Return the server's version."""
    return str(connection.execute(_VERSION).scalar_one())


def why_unwritable(connection: Connection) -> str | None:
    """Return why a row cannot be written, `None` where it can; it is taken back."""
    try:
        with connection.begin_nested() as tried:
            connection.execute(_WRITE)
            tried.rollback()
    except DBAPIError as failure:
        return reason(failure)
    return None


def may_create(connection: Connection) -> bool:
    """Return whether tables can be made, as each month of events needs one."""
    return bool(connection.execute(_MAY_CREATE).scalar_one())


def long_transactions(connection: Connection, longer_s: float) -> list[LongTransaction]:
    """Return who has had a transaction open for longer than so many seconds, longest first."""
    rows = connection.execute(_LONG, {"longer_s": longer_s})
    return [LongTransaction(*row) for row in rows]
