"""What a copy of a PostgreSQL needs of the server: one moment to count in, and room to compare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from secrets import token_hex
from typing import NamedTuple

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from vitrine.adapters.database.migrate import migrate_back, stands_at
from vitrine.adapters.database.owner import owner_of
from vitrine.adapters.database.postgres.address import Address
from vitrine.adapters.database.postgres.condition import (
    PostgresRefusedError,
    reason,
    version,
)
from vitrine.adapters.database.postgres.engine import administering_engine
from vitrine.adapters.forgotten_file import Forgetting
from vitrine.adapters.forgotten_notes import PREFIX, entries_of
from vitrine.domain.failure import Failure

NOT_ALLOWED = "42501"
_FORGOTTEN = text("SELECT name, value FROM notes WHERE starts_with(name, :prefix)")
_EXPORT = text("SELECT pg_export_snapshot()")
_ROLE = text("SELECT current_user")
_HERE = text("SELECT current_schema()")
_OWN = (
    "c.relkind IN ('r', 'p') AND NOT c.relispartition AND NOT EXISTS"
    " (SELECT 1 FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e')"
)
_TABLES = text(
    "SELECT c.relname AS name, quote_ident(c.relname) AS quoted FROM pg_class c"
    f" WHERE c.relnamespace = CAST(current_schema() AS regnamespace) AND {_OWN} ORDER BY 1"
)
_ANY_TABLES = text(
    "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " WHERE n.nspname <> 'information_schema' AND NOT starts_with(n.nspname, 'pg_')"
    f" AND {_OWN} ORDER BY 1"
)


class NoScratchDatabaseError(Failure):
    """The role may make no database to compare in; the message says what would let it."""


class Moment(NamedTuple):
    """A database at one moment, which other connections can see under `snapshot` as well.

    `schema` is the schema of PostgreSQL in which the tables are, `migration` is ours.
    """

    snapshot: str
    schema: str
    server: str
    migration: str
    rows: Mapping[str, int]


@contextmanager
def moment_of(url: str) -> Iterator[Moment]:
    """Give a database as of now, for as long as the block lasts; who writes is not held up.

    Raises `PostgresRefusedError`.
    """
    with _connected(url, "REPEATABLE READ") as connection:
        yield Moment(
            snapshot=str(connection.execute(_EXPORT).scalar_one()),
            schema=str(connection.execute(_HERE).scalar_one()),
            server=version(connection),
            migration=stands_at(connection) or "",
            rows=_rows(connection),
        )


def rows_in(url: str) -> Mapping[str, int]:
    """Return the rows of each table of a database; raises `PostgresRefusedError`."""
    with _connected(url, "REPEATABLE READ") as connection:
        return _rows(connection)


def tables_in(url: str) -> list[str]:
    """Return the names of all tables of a database, whosever; raises `PostgresRefusedError`."""
    with _connected(url) as connection:
        return [str(name) for (name,) in connection.execute(_ANY_TABLES)]


def empty_again(url: str, drops: str, migration: str) -> None:
    """Take out what a dump made, by the statements that drop it; all or nothing.

    `migration` is what the dump stands at: migrations since then are undone first. Raises
    `PostgresRefusedError`.
    """
    with _connected(url) as connection, connection.begin():
        migrate_back(connection, migration)
        connection.exec_driver_sql(f"DROP TABLE IF EXISTS alembic_version;\n{drops}")


def site_in(url: str) -> str | None:
    """Return the id of the site that a database belongs to, if it does already.

    Raises `PostgresRefusedError`.
    """
    with _connected(url) as connection:
        return owner_of(connection) if stands_at(connection) else None


def forgotten_in(url: str) -> set[Forgetting] | None:
    """Return the list of who was erased that a database has, `None` where it is not Vitrine's.

    Raises `PostgresRefusedError`.
    """
    with _connected(url) as connection:
        if stands_at(connection) is None:
            return None
        rows = connection.execute(_FORGOTTEN, {"prefix": PREFIX})
        return entries_of((name, bytes(value)) for name, value in rows)


def server_of(url: str) -> int:
    """Return the major version of a server; raises `PostgresRefusedError`."""
    with _connected(url) as connection:
        return int(version(connection).partition(".")[0])


@contextmanager
def scratch_database(url: str) -> Iterator[str]:
    """Give the address of an empty database on the same server, which is dropped afterwards.

    Nobody but its maker may enter it. Raises `NoScratchDatabaseError` or `PostgresRefusedError`.
    """
    name = f"vitrine_scratch_{token_hex(4)}"
    try:
        with _connected(url, "AUTOCOMMIT") as connection:
            try:
                connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0"))
            except DBAPIError as failure:
                if getattr(failure.orig, "sqlstate", None) != NOT_ALLOWED:
                    raise
                role = connection.execute(_ROLE).scalar_one()
                raise NoScratchDatabaseError(
                    f"the role {role} may make no database to restore into and compare:"
                    f" ALTER ROLE {role} CREATEDB"
                ) from None
            connection.execute(text(f"REVOKE CONNECT ON DATABASE {name} FROM PUBLIC"))
        yield Address.read(url).of(name).for_libpq()
    finally:
        with _connected(url, "AUTOCOMMIT") as connection:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))


def _rows(connection: Connection) -> Mapping[str, int]:
    tables = connection.execute(_TABLES).all()
    return {
        name: int(connection.execute(text(f"SELECT count(*) FROM {quoted}")).scalar_one())
        for name, quoted in tables
    }


@contextmanager
def _connected(url: str, isolation: str = "READ COMMITTED") -> Iterator[Connection]:
    engine = administering_engine(url).execution_options(isolation_level=isolation)
    try:
        with engine.connect() as connection:
            yield connection
    except DBAPIError as failure:
        raise PostgresRefusedError(f"{Address.read(url).place}: {reason(failure)}") from None
    finally:
        engine.dispose()
