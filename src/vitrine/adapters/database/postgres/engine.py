"""A PostgreSQL database as the service uses it: asyncpg on the event loop, a bounded pool."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import monotonic, perf_counter
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, InvalidatePoolError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool, QueuePool

from vitrine.adapters.database.packing import Unpacking
from vitrine.adapters.database.postgres.address import Address
from vitrine.adapters.database.postgres.rows import PostgresRows
from vitrine.adapters.database.postgres.traces import leave_no_trace
from vitrine.adapters.database.statements import COMMIT
from vitrine.adapters.database.watch import Plans, announce, watch
from vitrine.signals import ConnectionWaited, Emit
from vitrine.usecases.ports import StoreUnavailableError

P = ParamSpec("P")
T = TypeVar("T")

CONNECT_S = 3.0
WAIT_S = 5.0
TRUSTED_S = 1.0
"""For how long a connection that was in use is taken to work still."""
RIVALRY = ("40001", "40P01")
"""SQLSTATE of a transaction that another one was in the way of: serialization, deadlock."""
DATA_FAULTS = ("22", "23")
"""Classes of SQLSTATE that speak of the values: data exceptions, constraint violations."""


def administering_engine(url: str) -> Engine:
    """Return an engine for commands that run before a service, and without an event loop."""
    return create_engine(
        "postgresql+psycopg://", poolclass=NullPool, connect_args=_to(url).for_psycopg()
    )


def lone_engine(url: str, statement_timeout_s: float) -> AsyncEngine:
    """Return an engine that keeps no connection: for what is asked now and then, apart."""
    return _async_engine(url, statement_timeout_s, poolclass=NullPool)


def postgres_engine(url: str, pool_size: int, statement_timeout_s: float) -> AsyncEngine:
    """Return an engine whose statements and idle transactions end by themselves.

    A connection that rested is tried before it is used, so that one that a restarted server
    dropped is replaced without anybody noticing.
    """
    engine = _async_engine(
        url, statement_timeout_s, pool_size=pool_size, max_overflow=0, pool_timeout=WAIT_S
    )
    _try_rested(engine.sync_engine)
    return engine


def _try_rested(engine: Engine) -> None:
    """Have connections tried that rested for a while: it takes three round trips each time."""

    @event.listens_for(engine, "checkin")
    def _rests(_connection: Any, record: Any) -> None:
        record.info["rests_since"] = monotonic()

    @event.listens_for(engine, "checkout")
    def _tried(connection: Any, record: Any, _lent: Any) -> None:
        now = monotonic()
        rested = now - record.info.get("rests_since", now)  # a new one has not rested yet
        if rested < TRUSTED_S and not connection.driver_connection.is_closed():
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as problem:
            raise InvalidatePoolError from problem


def _async_engine(url: str, statement_timeout_s: float, **pool: Any) -> AsyncEngine:
    timeout_ms = str(round(statement_timeout_s * 1000))
    return create_async_engine(
        "postgresql+asyncpg://",
        **pool,
        connect_args={
            **_to(url).for_asyncpg(),
            # The server ends a statement first; this is for a server that says nothing any more.
            "command_timeout": statement_timeout_s + 1,
            "server_settings": {
                "statement_timeout": timeout_ms,
                "idle_in_transaction_session_timeout": timeout_ms,
            },
        },
    )


def _to(url: str) -> Address:
    address = Address.read(url)
    return address.by_default(connect_timeout=f"{CONNECT_S:.0f}", application_name="vitrine")


class PostgresDatabase:
    """Satisfies `Database`. Reads need no transaction."""

    dialect = "postgresql"
    sole = False

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.unpacking = Unpacking()
        self.rows = PostgresRows(self.unpacking)
        self._reading_engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._emit: Emit = lambda _signal: None

    def listen(self, emit: Emit, plans: Plans) -> None:
        """Have `emit` hear from now on of waits, statements, commits and damaged rows."""
        self._emit = emit
        self.unpacking.listen(emit)
        watch(self.engine.sync_engine, emit, plans)

    async def write(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        asked = perf_counter()
        async with self._connected(self.engine, asked) as connection:
            async with connection.begin():
                result = await connection.run_sync(work, *args, **kwargs)
                worked = perf_counter()
            announce(COMMIT, perf_counter() - worked, self._emit)
            return result

    async def read(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        async with self._connected(self._reading_engine, perf_counter()) as connection:
            return await connection.run_sync(work, *args, **kwargs)

    def waited(self, seconds: float) -> None:
        self._emit(ConnectionWaited(seconds, obtained=True))

    @asynccontextmanager
    async def _connected(self, engine: AsyncEngine, asked: float) -> AsyncIterator[AsyncConnection]:
        """Give a connection; the wait for it began when the work was asked for."""
        try:
            async with engine.connect() as connection:
                self._emit(ConnectionWaited(perf_counter() - asked, obtained=True))
                yield connection
        except PoolTimeoutError as problem:
            self._emit(ConnectionWaited(perf_counter() - asked, obtained=False))
            raise StoreUnavailableError(_kind(problem)) from problem
        except (SQLAlchemyError, OSError, TimeoutError) as problem:
            raise StoreUnavailableError(_kind(problem)) from problem

    @property
    def connections(self) -> int:
        return cast("QueuePool", self.engine.pool).size()

    def connections_in_use(self) -> int:
        return max(0, cast("QueuePool", self.engine.pool).checkedout())

    def blames_data(self, problem: DBAPIError) -> bool:
        return _sqlstate(problem).startswith(DATA_FAULTS)

    def blames_rivals(self, problem: DBAPIError) -> bool:
        return _sqlstate(problem) in RIVALRY

    async def leave_no_trace(self, _words: str, table: str = "visits") -> None:
        await leave_no_trace(self, table)

    async def close(self) -> None:
        await self.engine.dispose()


def _sqlstate(problem: DBAPIError) -> str:
    return str(getattr(problem.orig, "sqlstate", None) or "")


def _kind(problem: Exception) -> str:
    original = getattr(problem, "orig", None) or problem
    original = original.__cause__ or original  # asyncpg's own error says what it is
    code = getattr(original, "sqlstate", None)
    name = type(original).__name__
    return f"{name} {code}" if code else name
