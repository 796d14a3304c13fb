"""Rows that hold something else than was written there, as an operator looks for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from time import monotonic
from typing import NamedTuple

from vitrine.adapters.database.packing import DamagedError, features_in, params_in

Ask = Callable[[str], Iterable[Sequence[object]]]
"""Returns the rows of a query, as they come."""


class Content(NamedTuple):
    """A column that holds JSON, the key of its rows, and the beginning of what mends one."""

    table: str
    key: str
    column: str
    read: Callable[[object], object]
    mend: str


CONTENTS = (
    Content("visits", "id", "features", features_in, "UPDATE visits SET features = '{}'"),
    Content("events", "id", "params", params_in, "UPDATE events SET params = '{}'"),
    Content("opinions", "fingerprint", "features", features_in, "DELETE FROM opinions"),
)


class Damaged(NamedTuple):
    """The keys of a table's damaged rows in SQL; `whole` tells whether all rows were read."""

    content: Content
    keys: list[str]
    read: int
    whole: bool


def damaged_rows(ask: Ask, within_s: float) -> list[Damaged]:
    """Return what is damaged in each table, as far as it could be read in so many seconds each."""
    return [_damaged(ask, content, within_s) for content in CONTENTS]


def _damaged(ask: Ask, content: Content, within_s: float) -> Damaged:
    keys: list[str] = []
    until, count = monotonic() + within_s, 0
    query = f"SELECT {content.key}, {content.column} FROM {content.table}"  # noqa: S608 - ours
    for key, words in ask(query):
        if monotonic() > until:
            return Damaged(content, keys, count, whole=False)
        try:
            content.read(words)
        except DamagedError:
            keys.append(_literal(key))
        count += 1
    return Damaged(content, keys, count, whole=True)


def _literal(key: object) -> str:
    if isinstance(key, int):
        return str(key)
    return f"'{key.decode('ascii', 'replace') if isinstance(key, bytes) else key}'"
