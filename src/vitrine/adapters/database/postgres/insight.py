"""What PostgreSQL says of itself: its size, rows and scans, open transactions, and plans."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from itertools import count
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from vitrine.adapters.database.postgres.engine import PostgresDatabase
from vitrine.adapters.database.postgres.partitions import PREFIX
from vitrine.adapters.database.schema import metadata
from vitrine.adapters.database.statements import statement_of
from vitrine.adapters.database.unexplained import Unexplained
from vitrine.catalogue.metric import OTHER
from vitrine.signals import (
    Access,
    DatabaseLooked,
    Emit,
    JobName,
    JobsLooked,
    JobState,
    PlanFound,
    StatementTimed,
    TableState,
)

_SIZE = text("SELECT pg_database_size(current_database())")
_LONGEST = text(
    "SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start)), 0)"
    " FROM pg_stat_activity WHERE datname = current_database()"
    " AND backend_type = 'client backend' AND pid <> pg_backend_pid()"
)
_TABLES = text(
    "SELECT CASE WHEN starts_with(relname, :prefix) THEN 'events' ELSE relname END AS name,"
    " CAST(sum(n_live_tup) AS bigint) AS live, CAST(sum(n_dead_tup) AS bigint) AS dead,"
    " CAST(coalesce(sum(idx_scan), 0) AS bigint) AS index_scans,"
    " CAST(sum(seq_scan) AS bigint) AS full_scans"
    " FROM pg_stat_user_tables WHERE schemaname = current_schema() GROUP BY 1"
)
_HAS_TIMES = text("SELECT to_regclass('pg_stat_statements') IS NOT NULL")
_TIMES = text(
    "SELECT query, mean_exec_time / 1000 AS mean_s FROM pg_stat_statements WHERE dbid ="
    " (SELECT oid FROM pg_database WHERE datname = current_database())"
)
_JOBS = text(
    "SELECT split_part(task_name, '_', 1) AS job, count(*) FILTER (WHERE status = 'todo') AS todo,"
    " count(*) FILTER (WHERE status = 'doing') AS doing,"
    " count(*) FILTER (WHERE status = 'failed') AS failed FROM procrastinate_jobs GROUP BY 1"
)
_OLDEST = text(
    "SELECT coalesce(max(extract(epoch FROM now() - greatest(j.scheduled_at, e.at))), 0)"
    " FROM procrastinate_jobs j JOIN procrastinate_events e ON e.job_id = j.id"
    " AND e.type = 'deferred' WHERE j.status = 'todo' AND coalesce(j.scheduled_at, now()) <= now()"
)
_WORKERS = text(
    "SELECT count(*) FROM procrastinate_workers"
    " WHERE last_heartbeat > now() - CAST(:lost_after AS interval)"
)
LOST_AFTER = timedelta(seconds=30)
_numbers = count()
_WORST_FIRST = (Access.FULL_SCAN, Access.INDEX, Access.PRIMARY_KEY)


class Insight(Unexplained):
    """Satisfies `Plans`. `look` announces what the database says; call it every now and then."""

    def __init__(
        self, database: PostgresDatabase, emit: Emit, texts: Iterable[tuple[str, int]] = ()
    ) -> None:
        """`texts` are statements that will be executed, each with its number of parameters."""
        self._database = database
        self._emit = emit
        super().__init__(texts)

    async def look(self) -> None:
        """Announce state, times and new plans; raises `StoreUnavailableError`."""
        self._emit(_others_as_one(await self._database.read(look_at_tables)))
        self._emit(await self._database.read(look_at_jobs))
        for one in await self._database.read(_times):
            if one.fingerprint in self:
                self._emit(one)
        for found in await self._database.write(self._explain):
            self._emit(found)

    def _explain(self, connection: Connection) -> list[PlanFound]:
        """Return the plans of new statements; what the database refuses is not asked again.

        Full scans are made dear for the planner meanwhile, so that a small table tells what a
        large one will do: where it still plans one there is no index to use.
        """
        found = []
        if self.waiting:
            connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_generic_plan")
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
        for statement, (words, parameters) in list(self.waiting.items()):
            del self.waiting[statement]
            plan = _plan(connection, words, parameters)
            if plan is not None:
                found.append(PlanFound(statement.fingerprint, access_of(plan), statement.text))
        return found


def look_at_tables(connection: Connection) -> DatabaseLooked:
    """Return what the database says of its size, its tables and its open transactions."""
    tables = {
        row.name: TableState(row.live, row.dead, row.index_scans, row.full_scans)
        for row in connection.execute(_TABLES, {"prefix": PREFIX})
    }
    size = connection.execute(_SIZE).scalar_one()
    longest = float(connection.execute(_LONGEST).scalar_one())
    return DatabaseLooked(size, longest, tables)


def _others_as_one(looked: DatabaseLooked) -> DatabaseLooked:
    """Return the same with the tables that are not ours, such as the queue's, added up.

    A metric has a bound, and nobody knows how many there are.
    """
    tables = {name: state for name, state in looked.tables.items() if name in metadata.tables}
    others = [state for name, state in looked.tables.items() if name not in metadata.tables]
    if others:
        tables[OTHER] = TableState(*map(sum, zip(*others, strict=True)))
    return looked._replace(tables=tables)


def look_at_jobs(connection: Connection) -> JobsLooked:
    """Return what waits, runs and has failed in the queue, and how many workers live."""
    found = dict.fromkeys(JobName, JobState(0, 0, 0))
    for name, *counts in connection.execute(_JOBS):
        if name in found:
            found[JobName(name)] = JobState(*counts)
    workers = connection.execute(_WORKERS, {"lost_after": LOST_AFTER}).scalar_one()
    return JobsLooked(found, float(connection.execute(_OLDEST).scalar_one()), int(workers))


def has_times(connection: Connection) -> bool:
    """Return whether `pg_stat_statements` is there."""
    return bool(connection.execute(_HAS_TIMES).scalar_one())


def _times(connection: Connection) -> list[StatementTimed]:
    """Return what `pg_stat_statements` knows, where it is loaded and may be read."""
    if not has_times(connection):
        return []
    try:
        rows = connection.execute(_TIMES).all()
    except DBAPIError:
        return []
    worst: dict[str, StatementTimed] = {}
    for row in rows:
        name = statement_of(row.query or "").fingerprint
        if name not in worst or row.mean_s > worst[name].mean_s:
            worst[name] = StatementTimed(name, float(row.mean_s))
    return list(worst.values())


def _plan(connection: Connection, words: str, parameters: int) -> Mapping[str, Any] | None:
    # A name for each: what is prepared outlives the savepoint of one that fails.
    name = f"explained_{next(_numbers)}"
    nothing = f"({', '.join(['NULL'] * parameters)})" if parameters else ""
    try:
        with connection.begin_nested():
            connection.exec_driver_sql(f"PREPARE {name} AS {words}")
            rows = connection.exec_driver_sql(
                f"EXPLAIN (FORMAT JSON) EXECUTE {name}{nothing}"
            ).scalar_one()
    except DBAPIError:
        return None
    found = json.loads(rows) if isinstance(rows, str) else rows
    plan: Mapping[str, Any] = found[0]["Plan"]
    return plan


def access_of(plan: Mapping[str, Any]) -> Access:
    """Return the dearest way in which a plan reaches rows of tables.

    `plan` is the node `Plan` of `EXPLAIN (FORMAT JSON)`.
    """
    ways = {_way(node) for node in _nodes(plan)}
    return next((access for access in _WORST_FIRST if access in ways), Access.NONE)


def _nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)


def _way(node: Mapping[str, Any]) -> Access:
    if node["Node Type"] == "Seq Scan":
        return Access.FULL_SCAN
    index = node.get("Index Name")
    if index is None:
        return Access.NONE
    return Access.PRIMARY_KEY if index.endswith("_pkey") else Access.INDEX
