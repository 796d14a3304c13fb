"""What the console asks of everything that was stored; adapters satisfy this protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

from vitrine.domain.event import Event
from vitrine.domain.visit import Visit

BINS = 10
"""Steps of the confidence in which visits are counted."""


class Crowd(NamedTuple):
    """Visits of people with one segment (or none) and a confidence in one of ten steps.

    `converted` are visits with a conversion at any time; `confidence` is the sum of theirs.
    """

    segment: str | None
    bin: int
    visits: int
    first: int
    conversions: int
    converted: int
    confidence: float


class Past(NamedTuple):
    """A visit with its events, in the order in which they happened."""

    visit: Visit
    events: Sequence[Event]


class Archive(Protocol):
    """All visits and events. Every method may raise `StoreUnavailableError`."""

    async def crowds(self, since_ms: int) -> Sequence[Crowd]:
        """Return the visits that lasted beyond a time, counted; bots are left out."""
        ...

    async def events(self, since_ms: int) -> Mapping[tuple[str | None, str], int]:
        """Return how often each event happened in those visits, by segment and name."""
        ...

    async def latest(self, most: int) -> Sequence[Visit]:
        """Return the visits that began last, the newest first; bots too."""
        ...

    async def past(self, visitor: str) -> Sequence[Past]:
        """Return a visitor's visits, the first first; none for an unknown visitor."""
        ...
