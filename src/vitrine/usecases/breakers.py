"""The breakers of all providers, one view of all processes, beyond the life of each."""

from __future__ import annotations

import json

from vitrine.domain.breaker import Breaker, BreakerRecord
from vitrine.usecases.ports import Notes
from vitrine.usecases.revise import revise

NOTE = "breakers"

Records = dict[str, BreakerRecord]


class Breakers:
    """Hands out one breaker per provider; a restart does not forget who is left alone."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._known: dict[str, Breaker] = {}
        self._shared: Records = {}

    def of(self, provider: str) -> Breaker:
        return self._known.setdefault(provider, Breaker())

    async def share(self) -> None:
        """Keep what this process found since the last time, and take over what others did.

        Of two processes that found something at once the last one to say so is believed;
        what cannot be read leaves all closed.
        """
        own = {provider: breaker.record for provider, breaker in self._known.items()}
        news = {
            provider: record
            for provider, record in own.items()
            if record != self._shared.get(provider, BreakerRecord())
        }
        if news:
            stored: bytes | None = await revise(
                self._notes, NOTE, lambda before: json.dumps({**_read(before), **news}).encode()
            )
        else:
            stored = await self._notes.get(NOTE)
        self._shared = _read(stored)
        for provider, record in self._shared.items():
            breaker = self.of(provider)
            if breaker.record == own.get(provider, breaker.record):  # nothing new while we asked
                breaker.record = record


def _read(stored: bytes | None) -> Records:
    try:
        found = json.loads(stored or b"{}")
        return {name: BreakerRecord(*map(int, record)) for name, record in found.items()}
    except (ValueError, TypeError, AttributeError):
        return {}
