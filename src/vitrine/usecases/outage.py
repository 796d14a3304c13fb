"""A store that does not answer, as one operation finds it: said when it begins and ends."""

from __future__ import annotations

from time import monotonic

from vitrine.signals import Emit, StoreAnswered, StoreFailed


class Outage:
    """What an operation that is tried again and again announces of its failures in a row."""

    def __init__(self, operation: str, emit: Emit) -> None:
        self._operation = operation
        self._emit = emit
        self._since: float | None = None

    def failed(self, problem: str) -> None:
        """Announce a failure, `problem` being its kind: the first in a row, or one again."""
        self._emit(StoreFailed(self._operation, problem, again=self._since is not None))
        self._since = self._since or monotonic()

    def over(self) -> None:
        """Announce that the store answers, where it did not before."""
        if self._since is not None:
            away_s = round(monotonic() - self._since, 1)
            self._since = None
            self._emit(StoreAnswered(self._operation, away_s))
