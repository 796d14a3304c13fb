"""Statements whose plans are not known yet: each is noted once, and no more than can be shown."""

from __future__ import annotations

from collections.abc import Iterable

from vitrine.adapters.database.statements import Statement, statement_of
from vitrine.catalogue.labels import FINGERPRINT

_EXPLAINED = ("select", "insert", "update", "delete")


class Unexplained:
    """Satisfies `Plans`; what `waiting` holds is for a database to explain and take out."""

    def __init__(self, texts: Iterable[tuple[str, int]]) -> None:
        """`texts` are statements that will be executed, each with its number of parameters."""
        self.waiting: dict[Statement, tuple[str, int]] = {}
        self._seen: set[str] = set()
        for text, parameters in texts:
            self.add(statement_of(text), text, parameters)

    def __contains__(self, fingerprint: str) -> bool:
        return fingerprint in self._seen

    def add(self, statement: Statement, text: str, parameters: int) -> None:
        """Have a statement explained, unless its like has been."""
        if statement.fingerprint in self._seen or len(self._seen) >= FINGERPRINT.bound:
            return
        self._seen.add(statement.fingerprint)
        if statement.operation in _EXPLAINED:
            self.waiting[statement] = text, parameters
