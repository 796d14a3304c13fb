"""Who a line is about: a key for each week, one for all who write, destroyed in time."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.adapters.memory import MemoryLogKeys
from vitrine.usecases.identify import DAY_MS
from vitrine.usecases.log_pseudonyms import AHEAD_MS, WEEK_MS, LogPseudonyms, end_of, week_of
from vitrine.usecases.ports import StoreUnavailableError

MONDAY = 1_700_438_400_000
"""20 November 2023, 0:00 UTC."""
DAYS = 30
ANN = "00112233445566778899aabbccddeeff"
LATEST = 253_370_764_800_000
"""1 January 9999: the calendar of Python ends soon after."""


class CountedKeys(MemoryLogKeys):
    """Keys that can be away, and that count how often they were asked."""

    away = False
    asked = 0

    async def keep(self, week: int, key: bytes) -> bytes:
        self._ask()
        await asyncio.sleep(0)  # like everything that asks a disk
        return await super().keep(week, key)

    async def destroy(self, before: int) -> None:
        self._ask()
        await super().destroy(before)

    def _ask(self) -> None:
        self.asked += 1
        if self.away:
            raise StoreUnavailableError("OperationalError")


class Process:
    """One of those who write lines, at a time of its own."""

    def __init__(self, keys: MemoryLogKeys, now: int = MONDAY) -> None:
        self.now = now
        self.names = LogPseudonyms(keys, DAYS, lambda: self.now)

    async def called(self, now: int) -> str | None:
        self.now = now
        await self.names.refresh()
        return self.names.of(ANN)


@given(st.integers(0, LATEST))
def test_a_week_is_that_of_the_iso_calendar(at_ms: int) -> None:
    def iso(ms: int) -> tuple[int, int]:
        return datetime.fromtimestamp(ms // 1000, UTC).isocalendar()[:2]

    end = end_of(week_of(at_ms))
    assert end - WEEK_MS <= at_ms < end
    assert iso(end - WEEK_MS) == iso(at_ms) == iso(end - 1) != iso(end)


async def test_a_visitor_is_called_the_same_all_week_and_after_a_restart() -> None:
    keys = MemoryLogKeys()
    first = Process(keys)
    name = await first.called(MONDAY)
    assert name == await first.called(MONDAY + WEEK_MS - 1)
    assert name == await Process(keys).called(MONDAY + WEEK_MS // 2)
    assert name not in (None, ANN)
    assert first.names.of(ANN[::-1]) != name


async def test_each_week_calls_a_visitor_something_else_from_its_first_millisecond_on() -> None:
    process = Process(MemoryLogKeys())
    before = await process.called(MONDAY + WEEK_MS - 1)
    process.now += 1
    after = process.names.of(ANN)  # nobody has looked since
    assert after not in (None, before)
    assert await process.called(MONDAY + WEEK_MS) == after


async def test_two_makers_of_a_key_call_a_visitor_the_same() -> None:
    keys = CountedKeys()
    processes = [Process(keys) for _ in range(5)]
    names = await asyncio.gather(*(process.called(MONDAY) for process in processes))
    assert len(set(names)) == 1
    assert len(await keys.kept(0)) == 1


async def test_a_key_is_destroyed_so_many_days_after_its_week_and_not_before() -> None:
    keys = MemoryLogKeys()
    process = Process(keys)
    name = await process.called(MONDAY)
    over = end_of(week_of(MONDAY)) + DAYS * DAY_MS
    await process.called(over - 1)
    assert week_of(MONDAY) in await keys.kept(0)
    assert name in await process.names.all_of(ANN)
    await process.called(over)
    assert week_of(MONDAY) not in await keys.kept(0)
    assert name not in await process.names.all_of(ANN)


async def test_a_key_that_is_over_finds_nobody_also_where_no_service_has_destroyed_it() -> None:
    keys = MemoryLogKeys()
    name = await Process(keys).called(MONDAY)
    over = end_of(week_of(MONDAY)) + DAYS * DAY_MS
    assert await Process(keys, over - 1).names.all_of(ANN) == [name]
    assert await Process(keys, over).names.all_of(ANN) == []
    assert await keys.kept(0) != {}


async def test_all_that_stood_for_a_visitor_is_told_from_the_first_week_on() -> None:
    keys = MemoryLogKeys()
    process = Process(keys)
    names = [await process.called(MONDAY + week * WEEK_MS) for week in range(3)]
    assert len(set(names)) == 3
    assert await process.names.all_of(ANN) == names


async def test_the_store_is_asked_when_something_is_due_and_not_for_lines() -> None:
    keys = CountedKeys()
    process = Process(keys)
    thursday = MONDAY + 3 * DAY_MS  # what is over since Wednesday was destroyed
    await process.called(thursday)
    asked = keys.asked
    for hour in range(24 * 3):
        await process.called(thursday + hour * 3_600_000)
    assert keys.asked == asked
    await process.called(MONDAY + WEEK_MS - AHEAD_MS)
    assert keys.asked == asked + 1


async def test_without_a_key_nobody_is_named() -> None:
    process = Process(MemoryLogKeys())
    assert process.names.of(ANN) is None
    await process.names.renew()
    assert process.names.of(ANN) is not None
    process.now += 3 * WEEK_MS  # the process stood still
    assert process.names.of(ANN) is None


async def test_what_the_store_could_not_do_is_done_with_the_next_look() -> None:
    keys = CountedKeys()
    process = Process(keys)
    await process.called(MONDAY)
    keys.away = True
    later = MONDAY + 8 * WEEK_MS
    with pytest.raises(StoreUnavailableError):
        await process.called(later)
    keys.away = False
    assert await process.called(later) is not None
    assert set(await keys.kept(0)) == {week_of(later)}
