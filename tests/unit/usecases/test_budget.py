from __future__ import annotations

from vitrine.adapters.memory import MemorySpending
from vitrine.domain.cost import Cost, Provenance
from vitrine.signals import BudgetCounted, BudgetSpent, Signal, StoreFailed
from vitrine.usecases.budget import Budget, Reservation
from vitrine.usecases.model_ports import Spent
from vitrine.usecases.ports import StoreUnavailableError

NIGHT = 1_700_006_399_000
"""23:59:59 UTC on 14 November 2023."""


def cents(amount: int) -> Cost:
    return Cost(amount * 10_000, Provenance.PRICED)


class Kept:
    def __init__(self, limit_usd: float = 1.0) -> None:
        self.now = NIGHT
        self.heard: list[Signal] = []
        self.spending = MemorySpending()
        self.budget = Budget(self.spending, limit_usd, lambda: self.now, self.heard.append)


async def test_a_call_is_reserved_before_and_settled_after() -> None:
    kept = Kept()
    reservation = await kept.budget.reserve(cents(30))
    assert reservation == Reservation("2023-11-14", 300_000)
    await kept.budget.settle(reservation, cents(10))
    assert kept.heard == [BudgetCounted(1.0, 0.3, 0.0), BudgetCounted(1.0, 0.0, 0.1)]


async def test_what_does_not_fit_is_refused_and_told_once_a_day() -> None:
    kept = Kept()
    assert await kept.budget.reserve(cents(90))
    for _ in range(3):
        assert await kept.budget.reserve(cents(11)) is None
    told = [signal for signal in kept.heard if isinstance(signal, BudgetSpent)]
    assert told == [BudgetSpent("2023-11-14", 1.0)]


async def test_the_day_ends_at_midnight_utc_and_a_call_belongs_to_its_first() -> None:
    kept = Kept()
    reservation = await kept.budget.reserve(cents(100))
    assert reservation is not None
    kept.now += 1_000
    assert await kept.budget.reserve(cents(100))
    await kept.budget.settle(reservation, cents(40))
    assert await kept.spending.of("2023-11-14") == Spent(0, 400_000, 1)
    assert await kept.spending.of("2023-11-15") == Spent(1_000_000, 0, 0)


class _Away(MemorySpending):
    async def reserve(self, day: str, micro_usd: int, limit: int) -> bool:
        raise StoreUnavailableError("away")

    async def settle(self, day: str, reserved: int, spent: int) -> None:
        raise StoreUnavailableError("away")


async def test_a_store_that_does_not_answer_allows_no_call() -> None:
    heard: list[Signal] = []
    budget = Budget(_Away(), 1.0, lambda: NIGHT, heard.append)
    assert await budget.reserve(cents(1)) is None
    await budget.settle(Reservation("2023-11-14", 1), cents(1))
    assert heard == [StoreFailed("budget", "away")] * 2
