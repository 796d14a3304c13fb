"""How SQLite reaches the rows of each statement, asked once and never while somebody waits."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from vitrine.adapters.database.statements import Statement
from vitrine.adapters.database.unexplained import Unexplained
from vitrine.signals import Access, Emit, PlanFound

_PRIMARY_KEYS = (
    "SELECT keys.name FROM sqlite_master AS tables JOIN pragma_index_list(tables.name) AS keys"
    " WHERE tables.type = 'table' AND keys.origin = 'pk'"
)
# The planner's own words: https://www.sqlite.org/eqp.html
_STEP = re.compile(r"(?P<how>SCAN|SEARCH) (?P<what>\(.+?\)|\S+)(?: USING (?P<using>.+))?")
_DERIVED = re.compile(r"(?:MATERIALIZE|CO-ROUTINE) (.+)")
_NO_ROWS = re.compile(r"CONSTANT ROWS?$|VALUES CLAUSE$| VIRTUAL TABLE ")
_INDEX = re.compile(r"(?:COVERING )?INDEX (\S+)")
_WORST_FIRST = (Access.FULL_SCAN, Access.INDEX, Access.PRIMARY_KEY)


class SqlitePlans(Unexplained):
    """Satisfies `Plans`: announces the plan of each statement once.

    `add` is cheap and bounded; `explain` reads from the file on a connection of its own, so
    that it neither waits for the pool nor takes from it.
    """

    def __init__(self, path: Path, emit: Emit, texts: Iterable[tuple[str, int]] = ()) -> None:
        """`texts` are statements that will be executed, each with its number of parameters."""
        self._uri = f"{path.absolute().as_uri()}?mode=ro"
        self._emit = emit
        super().__init__(texts)

    def explain(self) -> None:
        """Announce the plans that are new; what the database refuses is asked again next time."""
        if not self.waiting:
            return
        try:
            with closing(sqlite3.connect(self._uri, uri=True, timeout=0)) as connection:
                keys = frozenset(name for (name,) in connection.execute(_PRIMARY_KEYS))
                for statement, (text, parameters) in list(self.waiting.items()):
                    self._explain(connection, keys, statement, text, parameters)
        except sqlite3.Error:
            return

    def _explain(
        self,
        connection: sqlite3.Connection,
        keys: frozenset[str],
        statement: Statement,
        text: str,
        parameters: int,
    ) -> None:
        try:
            rows = connection.execute(f"EXPLAIN QUERY PLAN {text}", [None] * parameters).fetchall()
        except sqlite3.Error:
            return
        if self.waiting.pop(statement, None) is not None:
            access = access_of([detail for *_, detail in rows], keys)
            self._emit(PlanFound(statement.fingerprint, access, statement.text))


def access_of(plan: Iterable[str], primary_keys: frozenset[str]) -> Access:
    """Return the dearest way in which a plan reaches rows of tables.

    `plan` is the column `detail` of `EXPLAIN QUERY PLAN`, `primary_keys` names the indexes
    behind primary keys. Results of subqueries, functions like `json_each` and rows that are
    written down in the statement are not rows of tables. A scan along an index is a full
    scan: it reads every entry.
    """
    steps = list(plan)
    derived = {found[1] for step in steps if (found := _DERIVED.match(step))}
    ways = {_way(step, derived, primary_keys) for step in steps}
    return next((access for access in _WORST_FIRST if access in ways), Access.NONE)


def _way(step: str, derived: set[str], primary_keys: frozenset[str]) -> Access:
    found = _STEP.match(step)
    if found is None or _NO_ROWS.search(step):
        return Access.NONE
    using = found["using"] or ""
    if found["what"] in derived or found["what"].startswith("("):
        return Access.NONE
    if found["how"] == "SCAN" or using.startswith("AUTOMATIC"):
        return Access.FULL_SCAN
    index = _INDEX.match(using)
    if index is None or index[1] in primary_keys:
        return Access.PRIMARY_KEY
    return Access.INDEX
