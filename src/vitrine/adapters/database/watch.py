"""Announces every statement with the time that it took, from SQLAlchemy's events."""

from __future__ import annotations

from time import perf_counter
from typing import Any, Protocol

from sqlalchemy import Engine, event
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy

from vitrine.adapters.database.statements import Statement, statement_of
from vitrine.signals import Emit, StatementExecuted, StatementSlow

SLOW_S = 0.1


class Plans(Protocol):
    """Who wants to know each new statement, to find out how the database reaches its rows."""

    def add(self, statement: Statement, text: str, parameters: int) -> None:
        """Have a statement explained, unless its like has been."""
        ...


def watch(engine: Engine, emit: Emit, plans: Plans) -> None:
    """Have `emit` hear of each statement of the engine, and `plans` of each new one.

    A statement that fails is announced too, with the time until it did. SQLite looks for
    rows while they are fetched, so fetching is part of the time: rows come all at once,
    except where a stream of them was asked for.
    """

    @event.listens_for(engine, "do_execute")
    def _one(cursor: Any, text: str, values: Any, context: Any) -> bool:
        began = perf_counter()
        try:
            context.dialect.do_execute(cursor, text, values, context)
            if cursor.description is not None and not _streams(context.execution_options):
                context.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(cursor)
        finally:
            statement = statement_of(text)
            announce(statement, perf_counter() - began, emit)
        plans.add(statement, text, len(values))
        return True

    @event.listens_for(engine, "do_executemany")
    def _many(cursor: Any, text: str, values: Any, context: Any) -> bool:
        began = perf_counter()
        try:
            context.dialect.do_executemany(cursor, text, values, context)
        finally:
            statement = statement_of(text)
            announce(statement, perf_counter() - began, emit)
        plans.add(statement, text, len(values[0]))
        return True


def announce(statement: Statement, seconds: float, emit: Emit) -> None:
    """Announce a statement, once more where it was slow."""
    emit(StatementExecuted(statement.operation, statement.table, seconds))
    if seconds >= SLOW_S:
        emit(StatementSlow(statement.fingerprint, statement.text, seconds))


def _streams(options: Any) -> bool:
    return bool(options.get("stream_results") or options.get("yield_per"))
