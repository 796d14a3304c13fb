"""The breakers of all providers, kept beyond the life of a process."""

from __future__ import annotations

import json

from vitrine.domain.breaker import Breaker, BreakerRecord
from vitrine.usecases.ports import Notes

NOTE = "breakers"


class Breakers:
    """Hands out one breaker per provider; a restart does not forget who is left alone."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes
        self._known: dict[str, Breaker] = {}
        self._saved = b""

    def of(self, provider: str) -> Breaker:
        return self._known.setdefault(provider, Breaker())

    async def load(self) -> None:
        """Take over the state that was saved last; what cannot be read leaves all closed."""
        try:
            stored = json.loads(await self._notes.get(NOTE) or b"{}")
            records = {name: BreakerRecord(*map(int, record)) for name, record in stored.items()}
        except (ValueError, TypeError, AttributeError):
            return
        for provider, record in records.items():
            self.of(provider).record = record

    async def save(self) -> None:
        """Keep the present state where it differs from what was saved last."""
        state = json.dumps({name: breaker.record for name, breaker in self._known.items()}).encode()
        if state != self._saved:
            await self._notes.put(NOTE, state)
            self._saved = state
