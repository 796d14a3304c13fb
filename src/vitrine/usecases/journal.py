"""What changed: the few things that an operator asks after first, across restarts."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from vitrine.signals import (
    AdminActed,
    AlertSilenced,
    ModelUnusable,
    PersonalizationSwitched,
    RuleOverridden,
    RulesRefreshed,
    ServiceStarted,
    Signal,
)
from vitrine.usecases.ports import Notes
from vitrine.usecases.revise import revise

NOTE = "journal"
MOST = 200
FIRST_REFUSAL = 400
"""The lowest status of an answer that says no."""

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


def _acted(signal: AdminActed) -> Words | None:
    """Say what no signal of its own says; who was erased is said nowhere."""
    title = {"forget": "Visitor erased by the owner", "log_level": "Log level changed"}
    done = signal.status < FIRST_REFUSAL
    return (title[signal.action], signal.subject) if done and signal.action in title else None


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
    AdminActed: _acted,
    ModelUnusable: lambda signal: (f"Model of {signal.provider} cannot be used", signal.advice),
}
"""What is a change, and how it is said; `None` for what changed nothing."""


class Journal:
    """The last 200 changes, of all processes. `note` is told of signals; `share` keeps them."""

    def __init__(self, notes: Notes, clock: Callable[[], int]) -> None:
        self._notes = notes
        self._clock = clock
        self._kept: list[Entry] = []
        self._fresh: deque[Entry] = deque(maxlen=MOST)

    @property
    def entries(self) -> Sequence[Entry]:
        """Return the changes, the last first."""
        return tuple(reversed(_last([*self._kept, *self._fresh])))

    @property
    def followers(self) -> Mapping[type[Signal], Callable[[Any], None]]:
        """Return what has to be told of which signals."""
        return dict.fromkeys(SAID, self.note)

    def note(self, signal: Signal) -> None:
        """Write a change down."""
        said = SAID[type(signal)](signal)
        if said is not None:
            self._fresh.append(Entry(self._clock(), *said))

    async def share(self) -> None:
        """Keep what is new here, and take over what other processes wrote.

        What is kept and cannot be read is forgotten.
        """
        fresh = list(self._fresh)

        def extended(stored: bytes | None) -> bytes:
            kept = _read(stored)
            # An earlier share may have been cut off after it was stored.
            return json.dumps(_last([*kept, *(one for one in fresh if one not in kept)])).encode()

        if fresh:
            stored: bytes | None = await revise(self._notes, NOTE, extended)
        else:
            stored = await self._notes.get(NOTE)
        self._kept = _read(stored)
        for _ in fresh:
            self._fresh.popleft()


def _last(entries: Iterable[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: entry.at_ms)[-MOST:]


def _read(stored: bytes | None) -> list[Entry]:
    try:
        entries = json.loads(stored or b"[]")
        return [Entry(int(at), str(what), str(how)) for at, what, how in entries]
    except (ValueError, TypeError):
        return []
