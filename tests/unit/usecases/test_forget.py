from __future__ import annotations

import gc

import pytest

from tests.service import NOON, PERSON, RECRUITED, Parts
from vitrine.domain.limit import LimitName
from vitrine.signals import VisitorForgotten
from vitrine.usecases.forget import Forget
from vitrine.usecases.ports import StoreUnavailableError


async def test_nothing_anywhere_in_the_service_names_who_was_forgotten() -> None:
    parts = Parts(per_visitor=100)
    await parts.ingest([{**event, "user_pseudo_id": "ann"} for event in RECRUITED], PERSON)
    await parts.ingest([{**event, "user_pseudo_id": "ben"} for event in RECRUITED], PERSON)
    answer = await parts.personalize("ann", PERSON, "en")
    ann, ben = parts.pseudonym("ann"), parts.pseudonym("ben")
    parts.exposures.note(ann)
    assert (await parts.forget(ann)).events == len(RECRUITED)
    parts.heard.clear()
    del answer
    gc.collect()
    for whole in (parts.store, parts.limits, parts.exposures, parts.notes, parts.personalize):
        assert ann not in everything_in(whole)
    assert ben in everything_in(parts.store)


def everything_in(whole: object) -> str:
    """Return all that an object holds, whatever holds it there."""
    seen: set[int] = set()
    waiting, words = [whole], []
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, type) or callable(one):
            continue
        seen.add(id(one))
        words.append(repr(one))
        waiting.extend(gc.get_referents(one))
    return "\n".join(words)


async def test_what_cannot_be_noted_is_not_erased_because_a_backup_would_bring_it_back() -> None:
    parts = Parts()
    await parts.ingest([{**event, "user_pseudo_id": "ann"} for event in RECRUITED], PERSON)
    ann = parts.pseudonym("ann")

    async def full(_visitor: str) -> None:
        raise StoreUnavailableError("no space left on device")

    forget = Forget(
        store=parts.store,
        exposures=parts.exposures,
        limits=parts.limits,
        remember=full,
        erase_lines=parts.erase_lines,
        emit=parts.emit,
    )
    with pytest.raises(StoreUnavailableError, match="no space"):
        await forget(ann)
    assert await parts.store.latest(ann) is not None
    await parts.forget(ann)
    assert (parts.remembered, parts.erased_lines) == ([ann], [ann])


async def test_it_is_announced_without_a_name() -> None:
    parts = Parts()
    await parts.ingest([{**RECRUITED[0], "user_pseudo_id": "ann"}], PERSON)
    await parts.forget(parts.pseudonym("ann"))
    assert parts.of(VisitorForgotten) == [VisitorForgotten(1, 1)]


async def test_a_limit_begins_anew_for_who_was_forgotten() -> None:
    parts = Parts(per_visitor=1)
    ann = parts.pseudonym("ann")
    over = LimitName.VISITOR_EVENTS
    assert await parts.limits.take("198.51.100", [ann, ann], NOON) == [None, over]
    await parts.forget(ann)
    assert await parts.limits.take("198.51.100", [ann], NOON) == [None]
