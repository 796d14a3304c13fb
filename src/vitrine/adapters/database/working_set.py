"""The visits touched last, at hand without asking the database."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from itertools import takewhile
from typing import NamedTuple

from vitrine.domain.visit import Visit
from vitrine.usecases.ports import NOT_AT_HAND, NotAtHand

MOST = 100_000
"""Visits kept, about 1 KiB each."""


class _Known(NamedTuple):
    visit: Visit | None
    until: float


class WorkingSet:
    """The current visits of the visitors touched last; `None` for whom the database knows none.

    Where other processes write too, what is at hand is believed for `believed_s` seconds.
    """

    def __init__(
        self,
        most: int = MOST,
        believed_s: float = math.inf,
        timer: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = most
        self._believed_s = believed_s
        self._timer = timer
        self._known: dict[str, _Known] = {}

    def get(self, visitor: str) -> Visit | NotAtHand | None:
        known = self._known.get(visitor)
        if known is None or known.until < self._timer():
            return NOT_AT_HAND
        return known.visit

    def keep(self, visitor: str, visit: Visit | None) -> Visit | None:
        """Have a visitor's visit at hand, and return it."""
        self._known.pop(visitor, None)
        self._known[visitor] = _Known(visit, self._timer() + self._believed_s)
        if len(self._known) > self._most:
            del self._known[next(iter(self._known))]
        return visit

    def drop(self, visitor: str) -> None:
        self._known.pop(visitor, None)

    def expire(self, before_ms: int) -> None:
        """Drop the visits that ended before a time."""
        old = [
            visitor
            for visitor, known in self._known.items()
            if known.visit is not None and known.visit.last < before_ms
        ]
        for visitor in old:
            del self._known[visitor]

    def since(self, since_ms: int) -> Sequence[Visit]:
        """Return the visits that lasted beyond a time, the ones touched last first."""
        touched = (known.visit for known in reversed(self._known.values()))
        found = takewhile(lambda visit: visit is None or visit.last >= since_ms, touched)
        return [visit for visit in found if visit is not None]
