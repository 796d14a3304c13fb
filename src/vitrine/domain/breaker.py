"""A circuit breaker: who fails again and again is left alone for a while."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

FAILURES_TO_OPEN = 3
FIRST_PAUSE_MS = 30_000
LONGEST_PAUSE_MS = 600_000
PERMANENT_PAUSE_MS = 3_600_000
"""Between two probes of a provider that cannot work until a setting changes."""


class BreakerState(StrEnum):
    """Whether calls pass: all, none, or one to try."""

    CLOSED = "closed"
    HALF_OPEN = "half_open"
    OPEN = "open"


class BreakerRecord(NamedTuple):
    """What a breaker must remember beyond the life of a process; times in ms since 1970."""

    failures: int = 0
    pauses: int = 0
    open_until: int = 0


@dataclass(slots=True)
class Breaker:
    """Opens after three failures in a row, for 30 s, then twice as long, up to 10 minutes.

    When a pause is over, one call is let through to try; it closes the breaker or opens it
    again. Times are ms since 1970, so that the state means something to the next process.
    """

    record: BreakerRecord = field(default_factory=BreakerRecord)
    _probing: bool = False

    def state(self, now_ms: int) -> BreakerState:
        if self.record.open_until == 0:
            return BreakerState.CLOSED
        return BreakerState.OPEN if now_ms < self.record.open_until else BreakerState.HALF_OPEN

    def admits(self, now_ms: int) -> bool:
        """Tell whether a call may be made now; in the half-open state it is the one probe.

        Who was admitted says how it went: `succeeded`, `failed` or `abandoned`.
        """
        state = self.state(now_ms)
        if state is BreakerState.HALF_OPEN and not self._probing:
            self._probing = True
            return True
        return state is BreakerState.CLOSED

    def succeeded(self) -> None:
        self._probing = False
        self.record = BreakerRecord()

    def failed(
        self, now_ms: int, *, permanent: bool = False, asked_pause_ms: int | None = None
    ) -> None:
        """Count a failure; `asked_pause_ms` is for how long the provider wants to be left alone."""
        probe, self._probing = self._probing, False
        failures = self.record.failures + 1
        if not (probe or permanent or asked_pause_ms is not None or failures >= FAILURES_TO_OPEN):
            self.record = self.record._replace(failures=failures)
            return
        pause = min(FIRST_PAUSE_MS << min(self.record.pauses, 16), LONGEST_PAUSE_MS)
        if permanent:
            pause = PERMANENT_PAUSE_MS
        elif asked_pause_ms is not None:
            pause = min(max(asked_pause_ms, 1), PERMANENT_PAUSE_MS)
        self.record = BreakerRecord(failures, self.record.pauses + 1, now_ms + pause)

    def reconsidered(self, now_ms: int) -> None:
        """End a pause early: something says that the cause may be gone, one call may try."""
        if self.state(now_ms) is BreakerState.OPEN:
            self.record = self.record._replace(open_until=now_ms)

    def abandoned(self) -> None:
        """Take back an admission whose call ended without saying anything of the provider."""
        self._probing = False
