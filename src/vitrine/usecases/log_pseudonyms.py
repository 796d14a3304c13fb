"""Who a line of the log is about, under a key that lasts a week and is destroyed in time."""

from __future__ import annotations

import secrets
from collections.abc import Callable

from vitrine.domain.pseudonym import WeekPseudonyms
from vitrine.usecases.identify import DAY_MS
from vitrine.usecases.ports import LogKeys

WEEK_MS = 7 * DAY_MS
SINCE_MONDAY_MS = 3 * DAY_MS
"""1 January 1970 was a Thursday, and ISO weeks begin on Mondays."""
AHEAD_MS = DAY_MS
"""The next week's key is made this long before, so that nobody waits for it at midnight."""
KEY_BYTES = 32


def week_of(at_ms: int) -> int:
    """Return the number of the ISO week (UTC) that a time is in."""
    return (at_ms + SINCE_MONDAY_MS) // WEEK_MS


def end_of(week: int) -> int:
    """Return when a week is over, in milliseconds since 1970."""
    return (week + 1) * WEEK_MS - SINCE_MONDAY_MS


class LogPseudonyms:
    """What stands in log lines for visitors, each week something else.

    A key is of no use from `days` after the end of its week on, and destroyed with the next
    `refresh`. `clock` gives milliseconds since 1970.
    """

    def __init__(self, keys: LogKeys, days: int, clock: Callable[[], int]) -> None:
        self._keys = keys
        self._kept_ms = days * DAY_MS
        self._clock = clock
        self._at_hand: dict[int, WeekPseudonyms] = {}
        self._destroyed_before: int | None = None

    def of(self, visitor: str) -> str | None:
        """Return what stands for a visitor in a line of now; `None` before there is a key."""
        week = self._at_hand.get(week_of(self._clock()))
        return None if week is None else week.of(visitor)

    async def refresh(self) -> None:
        """Renew the keys at hand, and destroy those that are over.

        Costs nothing where nothing is due. Raises `StoreUnavailableError`.
        """
        await self.renew()
        oldest = self._oldest()
        if oldest != self._destroyed_before:
            await self._keys.destroy(oldest)
            self._destroyed_before = oldest

    async def renew(self) -> None:
        """Have this week's key at hand, and soon the next one's.

        Raises `StoreUnavailableError`.
        """
        now = self._clock()
        needed = {week_of(now), week_of(now + AHEAD_MS)}
        for week in sorted(needed - self._at_hand.keys()):
            kept = await self._keys.keep(week, secrets.token_bytes(KEY_BYTES))
            self._at_hand[week] = WeekPseudonyms(kept)
        for week in self._at_hand.keys() - needed:
            del self._at_hand[week]

    async def all_of(self, visitor: str) -> list[str]:
        """Return what stood for a visitor in each week whose key is kept, the first first.

        Raises `StoreUnavailableError`.
        """
        kept = await self._keys.kept(self._oldest())
        return [WeekPseudonyms(kept[week]).of(visitor) for week in sorted(kept)]

    def _oldest(self) -> int:
        """Return the first week whose key is still of use."""
        return week_of(self._clock() - self._kept_ms)
