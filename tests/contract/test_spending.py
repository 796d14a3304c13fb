"""One suite for every `Spending`."""

from __future__ import annotations

import asyncio

import pytest

from tests.contract.conftest import Opened
from vitrine.adapters.database.spending import SqlSpending
from vitrine.adapters.memory import MemorySpending
from vitrine.usecases.model_ports import Spending, Spent

DAY = "2026-03-01"
LIMIT = 1_000


@pytest.fixture
def spending(opening: Opened | None) -> Spending:
    return MemorySpending() if opening is None else SqlSpending(opening())


async def test_a_day_begins_with_nothing(spending: Spending) -> None:
    assert await spending.of(DAY) == Spent(0, 0)


async def test_what_is_reserved_is_settled_with_what_it_cost(spending: Spending) -> None:
    assert await spending.reserve(DAY, 400, LIMIT)
    assert await spending.of(DAY) == Spent(400, 0)
    await spending.settle(DAY, 400, 30)
    assert await spending.of(DAY) == Spent(0, 30, calls=1)


async def test_reserved_and_spent_together_never_exceed_the_limit(spending: Spending) -> None:
    assert not await spending.reserve(DAY, LIMIT + 1, LIMIT)
    assert await spending.reserve(DAY, 600, LIMIT)
    assert not await spending.reserve(DAY, 401, LIMIT)
    assert await spending.reserve(DAY, 400, LIMIT)
    assert not await spending.reserve(DAY, 1, LIMIT)
    await spending.settle(DAY, 600, 600)
    assert not await spending.reserve(DAY, 1, LIMIT)
    assert await spending.of(DAY) == Spent(400, 600, calls=1)


async def test_what_costs_nothing_is_granted_even_when_all_is_spent(spending: Spending) -> None:
    assert await spending.reserve(DAY, LIMIT, LIMIT)
    assert await spending.reserve(DAY, 0, LIMIT)


async def test_each_day_has_its_own_budget(spending: Spending) -> None:
    assert await spending.reserve(DAY, LIMIT, LIMIT)
    assert await spending.reserve("2026-03-02", LIMIT, LIMIT)


async def test_days_add_up(spending: Spending) -> None:
    assert await spending.since(DAY) == Spent()
    for day, cost in (("2026-02-28", 1), (DAY, 20), ("2026-03-02", 300)):
        assert await spending.reserve(day, 500, LIMIT)
        await spending.settle(day, 500, cost)
    assert await spending.since(DAY) == Spent(0, 320, calls=2)


async def test_all_processes_share_one_budget(opening: Opened | None) -> None:
    if opening is None:
        return  # there is but one process
    both = [SqlSpending(opening()) for _ in range(2)]
    granted = await asyncio.gather(
        *(both[number % 2].reserve(DAY, 90, LIMIT) for number in range(40))
    )
    assert sum(granted) == LIMIT // 90
    assert await both[0].of(DAY) == Spent(LIMIT // 90 * 90, 0)
