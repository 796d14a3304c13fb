"""One suite for every `Notes`."""

from __future__ import annotations

import asyncio

import pytest

from tests.contract.conftest import Opened
from vitrine.adapters.database.notes import SqlNotes
from vitrine.adapters.memory import MemoryNotes
from vitrine.usecases.ports import Notes
from vitrine.usecases.revise import revise


@pytest.fixture
def notes(opening: Opened | None) -> Notes:
    return MemoryNotes() if opening is None else SqlNotes(opening())


async def test_what_was_never_put_is_none(notes: Notes) -> None:
    assert await notes.get("rules") is None


async def test_a_swap_takes_place_only_where_the_note_is_as_it_was_thought_to_be(
    notes: Notes,
) -> None:
    assert not await notes.swap("rules", b"first", b"second")
    assert await notes.swap("rules", None, b"first")
    assert not await notes.swap("rules", None, b"other")
    assert not await notes.swap("rules", b"other", b"second")
    assert await notes.swap("rules", b"first", b"second")
    assert await notes.get("rules") == b"second"


async def test_no_change_is_lost_where_many_revise_a_note_at_once(notes: Notes) -> None:
    def one_more(before: bytes | None) -> bytes:
        return b"%d" % (int(before or b"0") + 1)

    await asyncio.gather(*(revise(notes, "count", one_more) for _ in range(20)))
    assert await notes.get("count") == b"20"


async def test_the_last_value_put_is_the_one_got(notes: Notes) -> None:
    await notes.put("rules", b"first")
    await notes.put("rules", b"\x00second\xff")
    assert await notes.get("rules") == b"\x00second\xff"
    assert await notes.get("other") is None
