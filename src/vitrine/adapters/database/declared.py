"""What the program will ask of the database, known before it does."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import TextClause
from sqlalchemy.dialects import sqlite

from vitrine.adapters.database import archive, history, notes, opinions, spending, visit_rows
from vitrine.adapters.database.statements import COMMIT, Statement, statement_of

_MODULES = (visit_rows, history, notes, spending, opinions, archive)
_CONTROL = (
    "BEGIN",
    "BEGIN IMMEDIATE",
    "SAVEPOINT sa_savepoint_1",
    "RELEASE SAVEPOINT sa_savepoint_1",
    "ROLLBACK TO SAVEPOINT sa_savepoint_1",
)


def declared_texts() -> Sequence[tuple[str, int]]:
    """Return the text of every statement of ours with the number of its parameters."""
    dialect = sqlite.dialect()
    compiled = [
        value.compile(dialect=dialect)
        for module in _MODULES
        for value in vars(module).values()
        if isinstance(value, TextClause)
    ]
    return [(statement.string, len(statement.positiontup or ())) for statement in compiled]


def declared_pairs() -> Sequence[tuple[str, str]]:
    """Return every pair of operation and table that the program can produce."""
    return sorted({(statement.operation, statement.table) for statement in _statements()})


def declared_fingerprints() -> Sequence[str]:
    """Return the fingerprint of every statement that the program can execute."""
    return sorted({statement.fingerprint for statement in _statements()})


def _statements() -> Sequence[Statement]:
    texts = [*_CONTROL, *(text for text, _ in declared_texts())]
    return [COMMIT, *map(statement_of, texts)]
