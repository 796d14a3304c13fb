"""What the program will ask of the database, known before it does."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

from sqlalchemy import TextClause
from sqlalchemy.dialects import registry

from vitrine.adapters.database import (
    archive,
    history,
    log_keys,
    notes,
    opinions,
    spending,
    visit_rows,
)
from vitrine.adapters.database.statements import COMMIT, Statement, statement_of

_MODULES = (visit_rows, history, notes, log_keys, spending, opinions, archive)
_OWN = {
    "sqlite": ("sqlite.rows", "sqlite.traces"),
    "postgresql": ("postgres.rows", "postgres.partitions", "postgres.traces"),
}
"""Where the statements in which databases differ are, by SQLAlchemy's name of each."""
_DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql.asyncpg"}
_SAVEPOINTS = (
    "SAVEPOINT sa_savepoint_1",
    "RELEASE SAVEPOINT sa_savepoint_1",
    "ROLLBACK TO SAVEPOINT sa_savepoint_1",
)
_GREETING = (  # SQLAlchemy's, on the first connection
    "select pg_catalog.version()",
    "select current_schema()",
    "show standard_conforming_strings",
)
_CONTROL = {
    "sqlite": ("BEGIN", "BEGIN IMMEDIATE", *_SAVEPOINTS),
    "postgresql": (*_GREETING, *_SAVEPOINTS),
}


def declared_texts(dialect: str = "sqlite") -> Sequence[tuple[str, int]]:
    """Return the text of every statement of ours with the number of its parameters."""
    own = [import_module(f"vitrine.adapters.database.{name}") for name in _OWN[dialect]]
    speaks = registry.load(_DRIVERS[dialect])()
    compiled = [
        value.compile(dialect=speaks)
        for module in (*_MODULES, *own)
        for value in vars(module).values()
        if isinstance(value, TextClause)
    ]
    return [(statement.string, len(statement.positiontup or ())) for statement in compiled]


def declared_pairs(dialect: str = "sqlite") -> Sequence[tuple[str, str]]:
    """Return every pair of operation and table that the program can produce."""
    return sorted({(statement.operation, statement.table) for statement in _statements(dialect)})


def declared_fingerprints(dialect: str = "sqlite") -> Sequence[str]:
    """Return the fingerprint of every statement that the program can execute."""
    return sorted({statement.fingerprint for statement in _statements(dialect)})


def _statements(dialect: str) -> Sequence[Statement]:
    texts = [*_CONTROL[dialect], *(text for text, _ in declared_texts(dialect))]
    return [COMMIT, *map(statement_of, texts)]
