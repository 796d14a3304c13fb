"""How a visit becomes a row, and rows become visits and events, also where they are damaged."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import fields
from time import monotonic
from typing import Any, TypeVar

import orjson
from sqlalchemy import Row

from vitrine.domain.event import Event
from vitrine.domain.evidence import FeatureWeights
from vitrine.domain.visit import Visit
from vitrine.signals import Emit, RowDamaged
from vitrine.usecases.model_ports import KeptOpinion

TOLD_AGAIN_AFTER_S = 3_600.0
"""What is read again and again would fill the log."""
COLUMNS = tuple(field.name for field in fields(Visit))
_values_of = operator.attrgetter(*COLUMNS)
_FEATURES = COLUMNS.index("features")

Params = dict[str, str | int]
Read = TypeVar("Read")


def packed(visit: Visit) -> list[Any]:
    """Return a visit's values in the order of `COLUMNS`."""
    values = list(_values_of(visit))
    values[_FEATURES] = orjson.dumps(visit.features).decode()
    return values


class DamagedError(ValueError):
    """What stands in a row is not what was written there."""


def features_in(words: object) -> FeatureWeights:
    """Return the features of a visit; raises `DamagedError`."""
    found = _members(words)
    weights = found.values()
    if {int, float}.issuperset(map(type, weights)) and min(weights, default=0) >= 0:
        return found
    raise DamagedError


def params_in(words: object) -> Params:
    """Return the parameters of an event; raises `DamagedError`."""
    found = _members(words)
    if {int, str}.issuperset(map(type, found.values())):
        return found
    raise DamagedError


def _members(words: Any) -> dict[str, Any]:
    try:
        found = orjson.loads(words)
    except orjson.JSONDecodeError:
        raise DamagedError from None
    if isinstance(found, dict):
        return found
    raise DamagedError


class Unpacking:
    """Makes visits and events of rows.

    What is damaged reads as nothing, and is announced: so one bad row is one visit that begins
    anew, and holds up nobody whose rows are read with it.
    """

    def __init__(self) -> None:
        self._emit: Emit = lambda _signal: None
        self._told: dict[str, float] = {}

    def listen(self, emit: Emit) -> None:
        """Have `emit` hear from now on of damaged rows, from any thread."""
        self._emit = emit

    def visit(self, row: Row[Any]) -> Visit:
        """Return the visit of a row that begins with `COLUMNS`."""
        visit = Visit(*row[: len(COLUMNS)])
        flags = (row.held_out, row.converted, row.bot)
        visit.held_out, visit.converted, visit.bot = map(bool, flags)
        features = self._read(features_in, row.features, "visits")
        if features is None:  # what it was taken for has no ground any more
            visit.features, visit.segment, visit.confidence = {}, None, 0.0
        else:
            visit.features = features
        return visit

    def event(self, visitor: str, row: Row[Any]) -> Event:
        """Return the event of a row with `name`, `at` and `params`."""
        return Event(visitor, row.name, row.at, self._read(params_in, row.params, "events") or {})

    def opinion(self, row: Row[Any]) -> KeptOpinion | None:
        """Return the opinion of a row with its fields in their order, `None` for a damaged one."""
        levels: Any = self._read(features_in, row.features, "opinions")
        return None if levels is None else KeptOpinion(row.fingerprint, levels, *tuple(row)[2:])

    def _read(self, read: Callable[[object], Read], words: object, table: str) -> Read | None:
        try:
            return read(words)
        except DamagedError:
            now = monotonic()
            again = now - self._told.get(table, -math.inf) < TOLD_AGAIN_AFTER_S
            if not again:
                self._told[table] = now
            self._emit(RowDamaged(table, again))
            return None
