from __future__ import annotations

import asyncio

import pytest

from tests.service import NOON, FailingNotes, SlowNotes
from vitrine.usecases import opt_out
from vitrine.usecases.opt_out import NOTE, OptOuts, TooManyOptOutsError
from vitrine.usecases.ports import StoreUnavailableError

ANNA, BEN = "a" * 32, "b" * 32


async def test_who_opts_out_stays_out_also_after_a_restart() -> None:
    notes = FailingNotes()
    opt_outs = OptOuts(notes, lambda: NOON)
    assert ANNA not in opt_outs
    await opt_outs.turn(ANNA, off=True, until_ms=None)
    later = OptOuts(notes, lambda: NOON)
    await later.load()
    for known in (opt_outs, later):
        assert ANNA in known
        assert BEN not in known


async def test_who_wants_it_again_is_taken_from_the_list() -> None:
    notes = FailingNotes()
    opt_outs = OptOuts(notes, lambda: NOON)
    await opt_outs.turn(ANNA, off=True, until_ms=None)
    await opt_outs.turn(ANNA, off=False, until_ms=None)
    assert ANNA not in opt_outs
    assert await notes.get(NOTE) == b"{}"


async def test_the_list_names_nobody() -> None:
    notes = FailingNotes()
    await OptOuts(notes, lambda: NOON).turn(ANNA, off=True, until_ms=None)
    assert ANNA.encode() not in (await notes.get(NOTE) or b"")


async def test_a_visitor_of_the_day_leaves_the_list_with_the_day() -> None:
    now = NOON
    opt_outs = OptOuts(FailingNotes(), lambda: now)
    await opt_outs.turn(ANNA, off=True, until_ms=NOON + 10)
    await opt_outs.turn(BEN, off=True, until_ms=None)
    await opt_outs.expire()
    assert ANNA in opt_outs
    now = NOON + 10
    await opt_outs.expire()
    assert ANNA not in opt_outs
    assert BEN in opt_outs


async def test_two_at_once_are_both_on_the_list() -> None:
    opt_outs = OptOuts(FailingNotes(), lambda: NOON)
    await asyncio.gather(
        *(opt_outs.turn(visitor, off=True, until_ms=None) for visitor in (ANNA, BEN))
    )
    assert ANNA in opt_outs
    assert BEN in opt_outs


async def test_a_full_list_drops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opt_out, "MOST", 1)
    opt_outs = OptOuts(FailingNotes(), lambda: NOON)
    await opt_outs.turn(ANNA, off=True, until_ms=None)
    await opt_outs.turn(ANNA, off=True, until_ms=None)
    with pytest.raises(TooManyOptOutsError, match="Global Privacy Control"):
        await opt_outs.turn(BEN, off=True, until_ms=None)
    assert ANNA in opt_outs


async def test_what_cannot_be_kept_is_not_promised(monkeypatch: pytest.MonkeyPatch) -> None:
    notes = FailingNotes()
    opt_outs = OptOuts(notes, lambda: NOON)

    async def fail(*_args: object) -> None:
        raise StoreUnavailableError("OperationalError")

    monkeypatch.setattr(notes, "swap", fail)
    with pytest.raises(StoreUnavailableError):
        await opt_outs.turn(ANNA, off=True, until_ms=None)
    assert ANNA not in opt_outs


async def test_what_was_read_before_a_change_is_not_taken_over_after_it() -> None:
    notes = SlowNotes(NOTE)
    opt_outs = OptOuts(notes, lambda: NOON)
    await notes.late(opt_outs.load(), opt_outs.turn(ANNA, off=True, until_ms=None))
    assert ANNA in opt_outs
