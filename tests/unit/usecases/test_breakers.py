from __future__ import annotations

import pytest

from vitrine.adapters.memory import MemoryNotes
from vitrine.domain.breaker import BreakerState
from vitrine.usecases.breakers import NOTE, Breakers

NOW = 1_700_000_000_000


class CountingNotes(MemoryNotes):
    puts = 0

    async def swap(self, name: str, before: bytes | None, after: bytes) -> bool:
        self.puts += 1
        return await super().swap(name, before, after)


async def test_a_restart_does_not_forget_who_is_left_alone() -> None:
    notes = CountingNotes()
    before = Breakers(notes)
    before.of("gemini").failed(NOW, permanent=True)
    before.of("deepseek").failed(NOW)
    await before.share()
    after = Breakers(notes)
    kept = after.of("gemini")
    await after.share()
    assert kept.state(NOW) is BreakerState.OPEN
    assert after.of("deepseek").record == before.of("deepseek").record


async def test_what_one_process_finds_the_others_know_and_none_forgets_for_another() -> None:
    notes = MemoryNotes()
    one, other = Breakers(notes), Breakers(notes)
    one.of("gemini").failed(NOW, permanent=True)
    other.of("deepseek").failed(NOW, permanent=True)
    for process in (one, other, one):
        await process.share()
        assert process.of("gemini").state(NOW) is BreakerState.OPEN
    assert one.of("deepseek").state(NOW) is BreakerState.OPEN
    other.of("gemini").succeeded()
    for process in (other, one):
        await process.share()
    assert one.of("gemini").state(NOW) is BreakerState.CLOSED


async def test_what_is_found_while_the_note_is_read_is_not_lost() -> None:
    class Slow(MemoryNotes):
        async def get(self, name: str) -> bytes | None:
            breakers.of("gemini").failed(NOW, permanent=True)
            return await super().get(name)

    notes = Slow()
    await notes.put(NOTE, b'{"gemini": [0, 0, 0]}')
    breakers = Breakers(notes)
    breakers.of("gemini")
    await breakers.share()
    assert breakers.of("gemini").state(NOW) is BreakerState.OPEN


async def test_only_a_change_is_written() -> None:
    notes = CountingNotes()
    breakers = Breakers(notes)
    breakers.of("gemini").failed(NOW)
    await breakers.share()
    await breakers.share()
    assert notes.puts == 1


@pytest.mark.parametrize("stored", [b"", b"{", b"[]", b'{"gemini": 1}', b'{"gemini": [1, "x", 2]}'])
async def test_a_note_that_cannot_be_read_leaves_all_closed(stored: bytes) -> None:
    notes = MemoryNotes()
    await notes.put(NOTE, stored)
    breakers = Breakers(notes)
    await breakers.share()
    assert breakers.of("gemini").state(NOW) is BreakerState.CLOSED
