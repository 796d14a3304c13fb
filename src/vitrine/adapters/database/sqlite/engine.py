"""A SQLite database as the service uses it: one writer, several readers, off the event loop.

All SQL runs as plain functions of a SQLAlchemy connection, in threads, so that a slow disk
never holds up an answer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from contextvars import copy_context
from functools import partial
from io import FileIO
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from sqlite3 import Error as SqliteError
from threading import Lock
from time import perf_counter
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from sqlalchemy import URL, Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import QueuePool

from vitrine.adapters.database.packing import Unpacking
from vitrine.adapters.database.sqlite.condition import RESTORE, size_bytes
from vitrine.adapters.database.sqlite.rows import SqliteRows
from vitrine.adapters.database.sqlite.traces import leave_no_trace
from vitrine.adapters.database.statements import COMMIT
from vitrine.adapters.database.watch import Plans, announce, watch
from vitrine.adapters.file_search import holds, places
from vitrine.signals import ConnectionWaited, Emit
from vitrine.usecases.ports import StoreUnavailableError

P = ParamSpec("P")
T = TypeVar("T")

BUSY_TIMEOUT_MS = 5_000
CACHE_KIB = 64 * 1024
CHECKPOINT_PAGES = 4_000
"""16 MiB of log before it is written back: a page that changes often is then written once."""

DAMAGE = ("SQLITE_CORRUPT", "SQLITE_NOTADB")


def sqlite_engine(path: Path, pool_size: int) -> Engine:
    """Return an engine whose every connection writes ahead and syncs each commit to disk."""
    with suppress(OSError):  # said, in its own words, by the first connection
        path.touch(mode=0o600)
    engine = create_engine(
        URL.create("sqlite+pysqlite", database=str(path)),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=BUSY_TIMEOUT_MS / 1000,
        connect_args={"check_same_thread": False},
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: SqliteConnection, _record: object) -> None:
        connection.isolation_level = None  # SQLAlchemy says BEGIN, see below
        connection.text_factory = _as_far_as_it_is_text
        for pragma in (
            f"busy_timeout = {BUSY_TIMEOUT_MS}",
            "journal_mode = WAL",
            "synchronous = FULL",
            f"cache_size = -{CACHE_KIB}",
            f"wal_autocheckpoint = {CHECKPOINT_PAGES}",
            "foreign_keys = ON",
            "secure_delete = ON",  # what a visitor has erased is overwritten
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _as_far_as_it_is_text(stored: bytes) -> str:
    """Have damaged text fail where it is understood, and not everything that is read with it."""
    return stored.decode(errors="backslashreplace")


class SqliteDatabase:
    """Satisfies `Database`: `write` one after the other, `read` side by side.

    Once its file was found to be damaged it does neither until the next start: what it said
    could be wrong, and what was written would be lost with it.
    """

    dialect = "sqlite"
    sole = True

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.path = Path(str(engine.url.database))
        self.unpacking = Unpacking()
        self.rows = SqliteRows(self.unpacking)
        self._writing_engine = engine.execution_options(writes=True)
        self._writer = ThreadPoolExecutor(1, "vitrine-write")
        # One connection is the writer's. Threads start as they are needed: usually one or two.
        readers = max(1, cast("QueuePool", engine.pool).size() - 1)
        self._readers = ThreadPoolExecutor(readers, "vitrine-read")
        self._emit: Emit = lambda _signal: None
        self._searching = Lock()
        self._file: FileIO | None = None
        self._damage = ""

    def listen(self, emit: Emit, plans: Plans) -> None:
        """Have `emit` hear from now on of waits, statements, commits and damaged rows.

        It is called from any thread.
        """
        self._emit = emit
        self.unpacking.listen(emit)
        watch(self.engine, emit, plans)

    async def write(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        call = partial(self._run, perf_counter(), self._writing_engine, work, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._writer, call)

    async def read(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        call = partial(self._run, perf_counter(), self.engine, work, *args, **kwargs)
        # With the request's context, so that a slow statement's line names the request.
        within = partial(copy_context().run, call)
        return await asyncio.get_running_loop().run_in_executor(self._readers, within)

    def waited(self, seconds: float) -> None:
        """Announce a wait for the writer's turn, which ended before work was handed over."""
        self._emit(ConnectionWaited(seconds, obtained=True))

    def _run(
        self,
        asked: float,
        engine: Engine,
        work: Callable[Concatenate[Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        if self._damage:
            raise StoreUnavailableError(self._damage)
        try:
            with self._connect(engine, asked) as connection:
                with connection.begin():
                    result = work(connection, *args, **kwargs)
                    worked = perf_counter()
                if engine is self._writing_engine:  # the end of a read costs and says nothing
                    announce(COMMIT, perf_counter() - worked, self._emit)
                return result
        except (SQLAlchemyError, PoolTimeoutError) as problem:
            raise self._unavailable(problem) from problem

    def _connect(self, engine: Engine, asked: float) -> Connection:
        """Return a connection; the wait for it began when the work was handed over."""
        try:
            connection = engine.connect()
        except PoolTimeoutError:
            self._emit(ConnectionWaited(perf_counter() - asked, obtained=False))
            raise
        self._emit(ConnectionWaited(perf_counter() - asked, obtained=True))
        return connection

    @property
    def connections(self) -> int:
        """How many connections the pool may hold."""
        return cast("QueuePool", self.engine.pool).size()

    def connections_in_use(self) -> int:
        """How many connections are in use now."""
        return max(0, cast("QueuePool", self.engine.pool).checkedout())

    def size_bytes(self) -> int:
        """Return how much the file and its log take on disk."""
        return size_bytes(self.path)

    async def tidy(self, statement: str) -> tuple[Any, ...] | None:
        """Run a statement on the file itself, in the writer's turn, outside of a transaction.

        Returns the first row of what it says, if it says anything.
        """
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._writer, self._tidy, statement)

    def _tidy(self, statement: str) -> tuple[Any, ...] | None:
        try:
            with closing(self.engine.raw_connection()) as connection:
                cursor = connection.cursor()
                cursor.execute(statement)
                return cast("tuple[Any, ...] | None", cursor.fetchone())
        except (SqliteError, SQLAlchemyError) as problem:
            raise self._unavailable(problem) from problem

    def _unavailable(self, problem: Exception) -> StoreUnavailableError:
        """Return what went wrong in our words, and keep in mind that the file is damaged."""
        kind = _kind(problem)
        if _is_damage(problem):
            self._damage = kind = f"{kind}: {RESTORE}"
        return StoreUnavailableError(kind)

    async def holds(self, words: bytes) -> bool:
        """Return whether words stand anywhere in the database's file or its log."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._holds, words)

    def _holds(self, words: bytes) -> bool:
        with self._searching:
            # Stays open as long as connections are: with the first descriptor of a file that a
            # process closes, it loses all its locks on that file (POSIX), and whoever closes
            # the database next takes the log away that this process goes on writing into.
            if self._file is None:
                self._file = self.path.open("rb", buffering=0)
            self._file.seek(0)
            if next(places(self._file, words), None) is not None:
                return True
        return holds(self.path.with_name(f"{self.path.name}-wal"), words)

    def durability(self) -> tuple[str, int]:
        """Return `journal_mode` and `synchronous` as the next writing connection has them."""
        with self._writing_engine.connect() as connection:
            mode = connection.execute(text("PRAGMA journal_mode")).scalar_one()
            return str(mode), int(connection.execute(text("PRAGMA synchronous")).scalar_one())

    def blames_data(self, problem: DBAPIError) -> bool:
        return not isinstance(problem, OperationalError) and not _is_damage(problem)

    def blames_rivals(self, _problem: DBAPIError) -> bool:
        return False

    async def leave_no_trace(self, words: str, _table: str = "visits") -> None:
        await leave_no_trace(self, words)

    async def close(self) -> None:
        self._writer.shutdown()
        self._readers.shutdown(cancel_futures=True)
        self.engine.dispose()
        if self._file is not None:
            self._file.close()


def _kind(problem: Exception) -> str:
    name, code = type(_original(problem)).__name__, _code(problem)
    return f"{name} {code}" if code else name


def _is_damage(problem: Exception) -> bool:
    return _code(problem).startswith(DAMAGE)  # SQLITE_CORRUPT_INDEX is one too


def _code(problem: Exception) -> str:
    """Return SQLite's name of an error, such as SQLITE_FULL or SQLITE_BUSY."""
    return str(getattr(_original(problem), "sqlite_errorname", ""))


def _original(problem: Exception) -> BaseException:
    return getattr(problem, "orig", None) or problem
