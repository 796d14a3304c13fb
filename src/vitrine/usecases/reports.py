"""Reports that come by themselves: each once for its time, and rather twice than never."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from vitrine.domain.period import Period
from vitrine.signals import Emit, ReportMailed
from vitrine.usecases.ports import Notes
from vitrine.usecases.revise import revise

NOTE = "report_claims"
WITHIN_S = 6 * 3_600.0
"""A report that comes so late is left out: who was to read it has begun without."""
AGAIN_AFTER_MS = 10 * 60 * 1_000
LEASE_MS = 30 * 60 * 1_000
"""No report takes so long to make and to mail; who has not said by then that it did is dead."""
MOST_CLAIMS = 3
"""Whoever dies over a report may have mailed it: nobody gets it more often."""

Mail = Callable[[Period], Awaitable[object]]


class _Claim(NamedTuple):
    """Somebody's on the report of a time: to mail it until `until_ms`, `None` once it was mailed.

    `number` counts those who began, this one too, and did not say how it ended.
    """

    due_ms: int
    number: int
    until_ms: int | None


class Reports:
    """Has the reports that are `wanted` made and mailed when they are due.

    Each is claimed before it is mailed, so that neither a second run nor another process mails
    it too, also where the database stops taking notes; the claim is given back where the mail
    fails, and ends by itself where its process does.
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
        if period not in self._wanted or late:
            return
        claim = await self._claim(period, due_ms, now_ms)
        if claim is None:
            return
        try:
            await self._mail(period)
        except Exception:  # not what was cancelled: its mail may be on its way
            await self._settle(period, claim, claim._replace(number=claim.number - 1, until_ms=0))
            raise
        await self._settle(period, claim, claim._replace(until_ms=None))
        self._emit(ReportMailed(period, claim.number))

    async def _claim(self, period: Period, due_ms: int, now_ms: int) -> _Claim | None:
        """Return what others see from now on; `None` where it is not ours to mail."""
        while True:
            before = await self._notes.get(NOTE)
            claims = _read(before)
            claim = _next(claims.get(period), due_ms, now_ms)
            if claim is None:
                return None
            if await self._notes.swap(NOTE, before, _written({**claims, period: claim})):
                return claim

    async def _settle(self, period: Period, claim: _Claim, became: _Claim) -> None:
        """Note what became of a claim, unless it had ended and somebody else has one."""

        def settled(before: bytes | None) -> bytes:
            claims = _read(before)
            return _written({**claims, period: became} if claims.get(period) == claim else claims)

        await revise(self._notes, NOTE, settled)


def _next(last: _Claim | None, due_ms: int, now_ms: int) -> _Claim | None:
    """Return a claim on a report that nobody mails now, or has, or too many may have mailed."""
    if last is None or last.due_ms < due_ms:
        return _Claim(due_ms, 1, now_ms + LEASE_MS)
    held = last.until_ms is None or last.until_ms > now_ms
    if held or last.due_ms > due_ms or last.number >= MOST_CLAIMS:
        return None
    return _Claim(due_ms, last.number + 1, now_ms + LEASE_MS)


def _read(note: bytes | None) -> dict[str, _Claim]:
    return {name: _Claim(*claim) for name, claim in json.loads(note or b"{}").items()}


def _written(claims: Mapping[str, _Claim]) -> bytes:
    return json.dumps(claims, sort_keys=True).encode()
