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

    Each is noted before it is mailed, so that neither a second run nor another process mails it
    again, also where the database stops taking notes; the note is taken back where the mail fails.
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

        A report that fails keeps no other back. Raises what `mail` raises, of several failures
        the first.
        """
        if now_ms < self._not_before_ms:
            return
        problems: list[Exception] = []
        for period in self._wanted:
            try:
                await self._mail_if_due(period, now_ms)
            except Exception as problem:  # noqa: BLE001 - the others are due all the same
                problems.append(problem)
        if problems:
            self._not_before_ms = now_ms + AGAIN_AFTER_MS
            raise problems[0]

    async def _mail_if_due(self, period: Period, now_ms: int) -> None:
        now = datetime.fromtimestamp(now_ms / 1_000, UTC)
        due_ms = int(period.last_due(now).timestamp()) * 1_000
        late = now_ms - due_ms > WITHIN_S * 1_000
        if period not in self._wanted or late or not await self._claim(period, due_ms):
            return
        try:
            await self._mail(period)
        except Exception:  # not what was cancelled: its mail may be on its way
            await revise(self._notes, NOTE, lambda before: _noted(before, period, 0))
            raise
        self._emit(ReportMailed(period))

    async def _claim(self, period: Period, due_ms: int) -> bool:
        """Note the report; tell whether nobody had noted it before."""
        while True:
            before = await self._notes.get(NOTE)
            if _read(before).get(period.value, 0) >= due_ms:
                return False
            if await self._notes.swap(NOTE, before, _noted(before, period, due_ms)):
                return True


def _read(note: bytes | None) -> dict[str, int]:
    found: dict[str, int] = json.loads(note) if note else {}
    return found


def _noted(note: bytes | None, period: Period, due_ms: int) -> bytes:
    return json.dumps({**_read(note), period.value: due_ms}, sort_keys=True).encode()
