from __future__ import annotations

import pytest

from tests.service import FailingNotes, SlowNotes
from vitrine.signals import PersonalizationSwitched, Signal
from vitrine.usecases.ports import StoreUnavailableError
from vitrine.usecases.switch import NOTE, OffSwitch


async def test_it_is_on_until_somebody_turns_it_off() -> None:
    heard: list[Signal] = []
    switch = OffSwitch(FailingNotes(), heard.append)
    await switch.refresh()
    assert heard == []
    await switch.turn(on=False)
    await switch.turn(on=False)
    assert not switch.on
    assert heard == [PersonalizationSwitched(False)]


def test_a_new_one_is_on() -> None:
    assert OffSwitch(FailingNotes(), lambda _: None).on


async def test_what_one_process_turns_another_takes_over() -> None:
    notes = FailingNotes()
    heard: list[Signal] = []
    here, there = OffSwitch(notes, heard.append), OffSwitch(notes, lambda _: None)
    for on in (False, True):
        await there.turn(on=on)
        assert here.on is not on
        await here.refresh()
        assert here.on is on
    assert heard == [PersonalizationSwitched(False), PersonalizationSwitched(True)]


async def test_where_it_cannot_be_kept_it_is_not_turned() -> None:
    class ReadOnly(FailingNotes):
        async def put(self, name: str, value: bytes) -> None:
            raise StoreUnavailableError("OperationalError")

    heard: list[Signal] = []
    switch = OffSwitch(ReadOnly(), heard.append)
    with pytest.raises(StoreUnavailableError):
        await switch.turn(on=False)
    assert switch.on
    assert heard == []


async def test_a_store_that_fails_leaves_it_as_it_is() -> None:
    notes = FailingNotes()
    switch = OffSwitch(notes, lambda _: None)
    await switch.turn(on=False)
    notes.fails = True
    with pytest.raises(StoreUnavailableError):
        await switch.refresh()
    assert not switch.on


async def test_what_was_read_before_it_was_turned_does_not_turn_it_back() -> None:
    notes = SlowNotes(NOTE)
    switch = OffSwitch(notes, lambda _: None)
    await notes.late(switch.refresh(), switch.turn(on=False))
    assert not switch.on
