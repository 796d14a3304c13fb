"""What changed: the few things that an operator asks after first, across restarts."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from vitrine.signals import (
    AlertSilenced,
    ModelUnusable,
    PersonalizationSwitched,
    RuleOverridden,
    RulesRefreshed,
    ServiceStarted,
    Signal,
)
from vitrine.usecases.ports import Notes

NOTE = "journal"
MOST = 200

Words = tuple[str, str]


class Entry(NamedTuple):
    """One change: when (ms), what, and a few words on it."""

    at_ms: int
    what: str
    detail: str


def _rules(signal: RulesRefreshed) -> Words | None:
    if not signal.changed:
        return None
    return "Rules changed", f"version {signal.version}, from {signal.visits:,} visits"


def _silenced(signal: AlertSilenced) -> Words:
    if not signal.minutes:
        return "Silence ended", signal.alert
    return "Alert silenced", f"{signal.alert} for {signal.minutes} min"


SAID: Mapping[type[Signal], Callable[[Any], Words | None]] = {
    ServiceStarted: lambda signal: ("Service started", f"version {signal.version}"),
    RulesRefreshed: _rules,
    PersonalizationSwitched: lambda signal: (
        f"Personalization turned {'on' if signal.on else 'off'}",
        "" if signal.on else "everybody sees the default page",
    ),
    RuleOverridden: lambda signal: (
        "Order pinned" if signal.pinned else "Order given back",
        signal.segment,
    ),
    AlertSilenced: _silenced,
    ModelUnusable: lambda signal: (f"Model of {signal.provider} cannot be used", signal.advice),
}
"""What is a change, and how it is said; `None` for what changed nothing."""


class Journal:
    """The last 200 changes. `note` is told of signals; `save` keeps what is new."""

    def __init__(self, notes: Notes, clock: Callable[[], int]) -> None:
        self._notes = notes
        self._clock = clock
        self._entries: deque[Entry] = deque(maxlen=MOST)
        self._changed = False

    @property
    def entries(self) -> Sequence[Entry]:
        """Return the changes, the last first."""
        return tuple(reversed(self._entries))

    @property
    def followers(self) -> Mapping[type[Signal], Callable[[Any], None]]:
        """Return what has to be told of which signals."""
        return dict.fromkeys(SAID, self.note)

    def note(self, signal: Signal) -> None:
        """Write a change down."""
        said = SAID[type(signal)](signal)
        if said is not None:
            self._entries.append(Entry(self._clock(), *said))
            self._changed = True

    async def load(self) -> None:
        """Take over what earlier processes wrote; what cannot be read is forgotten."""
        stored = await self._notes.get(NOTE) or b"[]"
        try:
            earlier = [Entry(int(at), str(what), str(how)) for at, what, how in json.loads(stored)]
        except (ValueError, TypeError):
            earlier = []
        self._entries.extendleft(reversed(earlier))

    async def save(self) -> None:
        """Keep the changes, where there are new ones."""
        if not self._changed:
            return
        self._changed = False
        try:
            await self._notes.put(NOTE, json.dumps(list(self._entries)).encode())
        except BaseException:
            self._changed = True
            raise
