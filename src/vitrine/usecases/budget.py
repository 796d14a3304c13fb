"""The day's budget for models: reserved before a call, settled after it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import NamedTuple

from vitrine.domain.cost import Cost
from vitrine.signals import BudgetCounted, BudgetSpent, Emit, StoreFailed
from vitrine.usecases.model_ports import Spending
from vitrine.usecases.ports import StoreUnavailableError

MICRO = 1_000_000


class Reservation(NamedTuple):
    """What was set aside for one call, in millionths of a US dollar of one UTC day."""

    day: str
    micro_usd: int


class Budget:
    """Keeps what all processes spend on models in a UTC day under a limit."""

    def __init__(
        self, spending: Spending, limit_usd: float, clock: Callable[[], int], emit: Emit
    ) -> None:
        self._spending = spending
        self._limit = round(limit_usd * MICRO)
        self._clock = clock
        self._emit = emit
        self._spent_on = ""

    async def reserve(self, most: Cost) -> Reservation | None:
        """Set aside the most that a call can cost; `None` where the day does not allow it.

        A store that does not answer allows nothing: an unknown sum is no budget.
        """
        day = self._day()
        try:
            granted = await self._spending.reserve(day, most.micro_usd, self._limit)
        except StoreUnavailableError as problem:
            self._emit(StoreFailed("budget", str(problem)))
            return None
        if granted:
            await self.count()
            return Reservation(day, most.micro_usd)
        if self._spent_on != day:
            self._spent_on = day
            self._emit(BudgetSpent(day, self._limit / MICRO))
        return None

    async def settle(self, reservation: Reservation, cost: Cost) -> None:
        """Book what the call has cost on the day on which it was reserved."""
        try:
            await self._spending.settle(reservation.day, reservation.micro_usd, cost.micro_usd)
        except StoreUnavailableError as problem:
            # What stays reserved counts as spent: the limit holds, a little is lost.
            self._emit(StoreFailed("budget", str(problem)))
            return
        await self.count()

    async def count(self) -> None:
        """Announce what of today is reserved and spent."""
        try:
            now = await self._spending.of(self._day())
        except StoreUnavailableError as problem:
            self._emit(StoreFailed("budget", str(problem)))
            return
        self._emit(BudgetCounted(self._limit / MICRO, now.reserved / MICRO, now.spent / MICRO))

    def _day(self) -> str:
        return datetime.fromtimestamp(self._clock() / 1000, UTC).date().isoformat()
