from __future__ import annotations

import pytest

from vitrine.adapters.memory import MemoryNotes
from vitrine.domain.breaker import BreakerState
from vitrine.usecases.breakers import NOTE, Breakers

NOW = 1_700_000_000_000


class CountingNotes(MemoryNotes):
    puts = 0

    async def put(self, name: str, value: bytes) -> None:
        self.puts += 1
        await super().put(name, value)


async def test_a_restart_does_not_forget_who_is_left_alone() -> None:
    notes = CountingNotes()
    before = Breakers(notes)
    before.of("gemini").failed(NOW, permanent=True)
    before.of("deepseek").failed(NOW)
    await before.save()
    after = Breakers(notes)
    kept = after.of("gemini")
    await after.load()
    assert kept.state(NOW) is BreakerState.OPEN
    assert after.of("deepseek").record == before.of("deepseek").record


async def test_only_a_change_is_written() -> None:
    notes = CountingNotes()
    breakers = Breakers(notes)
    breakers.of("gemini").failed(NOW)
    await breakers.save()
    await breakers.save()
    assert notes.puts == 1


@pytest.mark.parametrize("stored", [b"", b"{", b"[]", b'{"gemini": 1}', b'{"gemini": [1, "x", 2]}'])
async def test_a_note_that_cannot_be_read_leaves_all_closed(stored: bytes) -> None:
    notes = MemoryNotes()
    await notes.put(NOTE, stored)
    breakers = Breakers(notes)
    await breakers.load()
    assert breakers.of("gemini").state(NOW) is BreakerState.CLOSED
