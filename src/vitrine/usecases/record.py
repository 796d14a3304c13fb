"""How one unit of events changes visits; every store adapter folds by this one function."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from hashlib import blake2b

from vitrine.domain.event import Event
from vitrine.domain.visit import Folding, Visit
from vitrine.usecases.ports import Exposure, Recorded, Unit

EventKey = tuple[str, str]
"""What makes an event idempotent: its visitor, and 64 bits of its id.

The visitor is part of it so that nobody can use up the ids of somebody else.
"""


def event_key(event: Event) -> EventKey | None:
    """Return the key of an event, `None` where it has no id."""
    if event.event_id is None:
        return None
    return event.visitor, blake2b(event.event_id.encode(), digest_size=8).hexdigest()


def duplicates_in(keys: Sequence[EventKey | None], stored: Collection[EventKey]) -> frozenset[int]:
    """Return the indexes of keys that are stored already or stand earlier in the list."""
    seen = set(stored)
    found = []
    for index, key in enumerate(keys):
        if key is not None:
            if key in seen:
                found.append(index)
            seen.add(key)
    return frozenset(found)


def same_state(one: Visit, other: Visit) -> bool:
    """Whether two copies of a visit are of the same moment: neither grew, or began anew."""
    return (one.ordinal, one.started, one.events) == (other.ordinal, other.started, other.events)


def fold_unit(
    unit: Unit,
    duplicates: frozenset[int],
    current: Callable[[str], Visit | None],
    folding: Folding,
) -> tuple[Recorded, list[int]]:
    """Return what the unit changes, and for each of its events the ordinal of its visit.

    Duplicates, and events of a visitor who is known for a bot, change nothing; their ordinal
    is 0. Events whose time the sender gave are put in its order first.
    """
    by_visitor: dict[str, list[int]] = {}
    for index, event in enumerate(unit.events):
        if index not in duplicates:
            by_visitor.setdefault(event.visitor, []).append(index)
    visits: dict[str, Visit] = {}
    touched: list[Visit] = []
    ordinals = [0] * len(unit.events)
    started = 0
    refused: list[int] = []
    for visitor, arrived in by_visitor.items():
        before = current(visitor)
        if before is not None and before.bot:
            refused += arrived
            continue
        indexes = arrived
        if any(unit.events[index].clocked for index in arrived):
            indexes = sorted(arrived, key=lambda index: unit.events[index].at)
        grown = folding.fold(before, [unit.events[i] for i in indexes], serving=unit.serving)
        visits[visitor] = grown[-1]
        touched.extend(grown)
        started += grown[-1].ordinal - (before.ordinal if before else 0)
        positions = iter(indexes)
        for visit in grown:
            already = before.events if before and before.ordinal == visit.ordinal else 0
            for _ in range(visit.events - already):
                ordinals[next(positions)] = visit.ordinal
    if unit.exposure is not None:
        exposed = _exposed(current(unit.exposure.visitor), unit.exposure)
        if exposed is not None:
            visits[exposed.visitor] = exposed
            touched.append(exposed)
    return Recorded(duplicates, visits, touched, started, frozenset(refused)), ordinals


def _exposed(visit: Visit | None, exposure: Exposure) -> Visit | None:
    """Return the visit with its exposure, `None` where there is nothing to note."""
    if visit is None or visit.segment is None or visit.exposed_at is not None:
        return None
    return replace(visit, exposed_at=exposure.at)
