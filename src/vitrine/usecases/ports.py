"""What the use cases need of the world; adapters satisfy these protocols."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import NamedTuple, Protocol

from vitrine.domain.event import Event
from vitrine.domain.experiment import Arm
from vitrine.domain.failure import Failure
from vitrine.domain.limit import LimitName
from vitrine.domain.visit import Visit


class StoreUnavailableError(Failure):
    """The store cannot take or give anything now; nothing was written, try again later."""


class Exposure(NamedTuple):
    """A visitor was handed the decision of their visit, or would have been if not held out."""

    visitor: str
    at: int


class Unit(NamedTuple):
    """The events of one request: stored whole or, where one is no good, not at all.

    Events are in the order in which they came. `serving` tells whether the answer carries
    the visitor's page, so that a decision counts as handed out. `exposure` marks one that
    was handed out later, without an event.
    """

    events: Sequence[Event]
    serving: bool = True
    exposure: Exposure | None = None


class Recorded(NamedTuple):
    """What is durable now: which events (by index) were there before, and the visits.

    `visits` holds each visitor's current visit; `touched` every visit that changed. `refused`
    are events of visitors who are known for bots; they were not stored.
    """

    duplicates: frozenset[int]
    visits: Mapping[str, Visit]
    touched: Sequence[Visit]
    visits_started: int
    refused: frozenset[int] = frozenset()


class History(NamedTuple):
    """Everything that is kept of one visitor, oldest first."""

    visits: Sequence[Visit]
    events: Sequence[Event]


class Forgotten(NamedTuple):
    """What was erased."""

    visits: int
    events: int


class NotAtHand(Enum):
    """The one value that says: not known without asking the store."""

    NOT_AT_HAND = "not_at_hand"


NOT_AT_HAND = NotAtHand.NOT_AT_HAND


class VisitStore(Protocol):
    """Events and visits. Every method may raise `StoreUnavailableError`."""

    async def record(self, unit: Unit) -> Recorded:
        """Return once the unit is durable; events seen before are left out of everything."""
        ...

    def recall(self, visitor: str) -> Visit | NotAtHand | None:
        """Return the visitor's current visit without waiting; `None` for an unknown visitor.

        `NOT_AT_HAND` says that only `latest` can tell.
        """
        ...

    async def latest(self, visitor: str) -> Visit | None:
        """Return the visitor's current visit, reading it from the store if need be."""
        ...

    def recent(self, since_ms: int) -> Sequence[Visit]:
        """Return the current visits at hand that lasted beyond a time, without waiting."""
        ...

    async def visits_since(
        self,
        since_ms: int,
        after: tuple[str, int] | None,
        limit: int = 5_000,
        until: str | None = None,
    ) -> Sequence[Visit]:
        """Return a page of visits that lasted beyond `since_ms`, in key order after a key.

        Visitors that come at or after `until` in that order are left out.
        """
        ...

    async def reassess(self, visits: Sequence[Visit]) -> None:
        """Store a new segment and confidence of visits, unless they grew meanwhile."""
        ...

    async def history(self, visitor: str) -> History:
        """Return everything that is kept of a visitor."""
        ...

    async def forget(self, visitor: str) -> Forgotten:
        """Return once nothing is left of what was taken of a visitor until now.

        What comes later begins a profile anew. May be asked again where it failed.
        """
        ...

    async def expire(self, before_ms: int) -> Forgotten:
        """Delete the visits that ended before a time, with their events."""
        ...

    async def outcomes(self, since_ms: int) -> Mapping[str, Arm]:
        """Return the arms `personalized` and `holdout`, one count per visitor."""
        ...


class Notes(Protocol):
    """Small named values that outlive a process: rules, the switch, the salt of the day."""

    async def get(self, name: str) -> bytes | None: ...

    async def put(self, name: str, value: bytes) -> None: ...

    async def swap(self, name: str, before: bytes | None, after: bytes) -> bool:
        """Put `after` where the note still is `before` (`None`: not there); tell whether."""
        ...


class LogKeys(Protocol):
    """The keys of the log's pseudonyms: one for each week, the same for all who ask.

    Weeks are numbered. Every method may raise `StoreUnavailableError`.
    """

    async def keep(self, week: int, key: bytes) -> bytes:
        """Keep a key for a week that has none; return the one that the week has now."""
        ...

    async def kept(self, since: int) -> Mapping[int, bytes]:
        """Return the keys of a week and of all later ones, by week."""
        ...

    async def destroy(self, before: int) -> None:
        """Return when no key of an earlier week is left, as far as it is ours to say.

        May be asked again where it failed.
        """
        ...


class Cache(Protocol):
    """A bounded cache of bytes with a time to live, shared by all who ask."""

    async def get(self, key: str) -> bytes | None: ...

    async def set(self, key: str, value: bytes, ttl_s: float) -> None: ...


class Limits(Protocol):
    """What visitors, networks and the whole site may still send, shared by all who ask."""

    async def take(
        self, network: str, visitors: Sequence[str], now_ms: int
    ) -> Sequence[LimitName | None]:
        """Take one event's worth for each visitor, in order; return by which limit it is refused.

        `None` stands for what is not. All come from one network, which pays for each as well;
        the site pays for what neither refused. `network` is truncated, and visitors are
        pseudonyms. The time is in milliseconds since 1970.
        """
        ...

    async def forget(self, visitor: str) -> None:
        """Have a visitor start anew."""
        ...


class Crawlers(Protocol):
    """A kept list of agents that are no people."""

    def match(self, agent: str) -> str | None:
        """Return the list's category of an agent, or `None` for what it does not name."""
        ...


class Switch(Protocol):
    """Whether anybody is shown anything but the default page."""

    @property
    def on(self) -> bool: ...


class SwitchControl(Switch, Protocol):
    """The off switch, as somebody may turn it."""

    async def turn(self, *, on: bool) -> None: ...
