"""Reports that come by themselves: each once for its time."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime

from vitrine.domain.period import Period
from vitrine.signals import Emit, ReportMailed
from vitrine.usecases.ports import Notes
from vitrine.usecases.revise import revise

NOTE = "reports"
WITHIN_S = 6 * 3_600.0
"""A report that comes so late is left out: who was to read it has begun without."""
AGAIN_AFTER_MS = 10 * 60 * 1_000

Mail = Callable[[Period], Awaitable[object]]


class Reports:
    """Has the reports that are `wanted` made and mailed when they are due.

    What was mailed is noted, so that neither a second run nor another process mails it again.
    """

    def __init__(self, wanted: Sequence[Period], mail: Mail, notes: Notes, emit: Emit) -> None:
        self._wanted = wanted
        self._mail = mail
        self._notes = notes
        self._emit = emit
        self._not_before_ms = 0

    async def run(self, now_ms: int, part: int) -> None:
        """Mail the report of one period, counted from the most frequent one, if it is due."""
        await self._mail_if_due(tuple(Period)[part], now_ms)

    async def look(self, now_ms: int) -> None:
        """Mail whatever is due; what failed is tried again after ten minutes.

        Raises what `mail` raises.
        """
        if now_ms < self._not_before_ms:
            return
        self._not_before_ms = now_ms + AGAIN_AFTER_MS
        for period in self._wanted:
            await self._mail_if_due(period, now_ms)
        self._not_before_ms = 0

    async def _mail_if_due(self, period: Period, now_ms: int) -> None:
        now = datetime.fromtimestamp(now_ms / 1_000, UTC)
        due_ms = int(period.last_due(now).timestamp()) * 1_000
        late = now_ms - due_ms > WITHIN_S * 1_000
        if period not in self._wanted or late or await self._mailed_ms(period) >= due_ms:
            return
        await self._mail(period)
        await revise(self._notes, NOTE, lambda before: _noted(before, period, due_ms))
        self._emit(ReportMailed(period))

    async def _mailed_ms(self, period: Period) -> int:
        return _read(await self._notes.get(NOTE)).get(period.value, 0)


def _read(note: bytes | None) -> dict[str, int]:
    found: dict[str, int] = json.loads(note) if note else {}
    return found


def _noted(note: bytes | None, period: Period, due_ms: int) -> bytes:
    return json.dumps({**_read(note), period.value: due_ms}, sort_keys=True).encode()
