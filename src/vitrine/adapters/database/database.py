"""What the stores need of a database, whichever it is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from sqlalchemy import Connection, Row
from sqlalchemy.exc import DBAPIError

from vitrine.adapters.database.packing import Unpacking
from vitrine.adapters.database.watch import Plans
from vitrine.domain.visit import Visit
from vitrine.signals import Emit
from vitrine.usecases.record import EventKey

P = ParamSpec("P")
T = TypeVar("T")

EventRow = tuple[str, int, str, int, str, str | None]
"""Visitor, ordinal of the visit, name, time, parameters in JSON, and key."""
VisitKey = tuple[str, int]
"""Visitor and ordinal."""


class OutrunError(Exception):
    """Another process wrote first what this one was about to write; load it and fold anew."""


class Rows(Protocol):
    """How groups of visits and events travel: the statements in which databases differ."""

    def latest(self, connection: Connection, visitors: Sequence[str]) -> dict[str, Visit]:
        """Return the current visit of each visitor who has one."""
        ...

    def held(
        self, connection: Connection, visitors: Sequence[str], keys: Sequence[EventKey]
    ) -> tuple[dict[str, Visit], set[EventKey]]:
        """Return what `latest` does, and which of these keys are stored.

        Nobody else changes these visits until the transaction ends. Where others write too,
        keys are told of these visitors alone.
        """
        ...

    def store(
        self,
        connection: Connection,
        visits: Iterable[Visit],
        events: Sequence[EventRow],
        begun: Collection[VisitKey],
    ) -> None:
        """Write visits as they are now, and the events that made them so.

        `begun` are visits that were not there before; raises `OutrunError` where one is, or
        where an event is.
        """
        ...

    def events(self, connection: Connection, visitor: str) -> Sequence[Row[Any]]:
        """Return ordinal, name, at and params of a visitor's events, by visit, as they came."""
        ...

    def count(self, connection: Connection, visitor: str) -> Sequence[int]:
        """Return how many visits and events there are of a visitor."""
        ...

    def counted(self, connection: Connection, since_ms: int) -> Sequence[Sequence[Any]]:
        """Return segment, name and number of the events of visits that lasted beyond a time.

        Those of bots are left out.
        """
        ...

    def delete_events(self, connection: Connection, visits: Sequence[tuple[int, int]]) -> int:
        """Delete the events of visits, each by number and beginning; return how many went."""
        ...

    def expire(self, connection: Connection, before_ms: int) -> int | None:
        """Drop some events of visits that ended before a time, where many go at once.

        Returns how many that were, `None` where what is left goes row by row.
        """
        ...


class Database(Protocol):
    """Runs functions of a connection; errors arrive as `StoreUnavailableError`.

    A function's transaction is committed when it returns and rolled back when it raises.
    """

    @property
    def dialect(self) -> str:
        """SQLAlchemy's name of what it speaks."""
        ...

    @property
    def sole(self) -> bool:
        """Whether nobody else writes, so that what was written last is still so."""
        ...

    @property
    def rows(self) -> Rows:
        """How groups of visits and events travel."""
        ...

    @property
    def unpacking(self) -> Unpacking:
        """What makes visits and events of its rows."""
        ...

    async def write(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T: ...

    async def read(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T: ...

    def waited(self, seconds: float) -> None:
        """Announce a wait for the writer's turn, which ended before work was handed over."""
        ...

    def listen(self, emit: Emit, plans: Plans) -> None:
        """Have `emit` hear from now on of waits, statements, commits and damaged rows.

        `plans` hears of statements.
        """
        ...

    @property
    def connections(self) -> int:
        """How many connections the pool may hold."""
        ...

    def connections_in_use(self) -> int:
        """How many connections are in use now."""
        ...

    def blames_data(self, problem: DBAPIError) -> bool:
        """Whether what was written is at fault, and not the database."""
        ...

    def blames_rivals(self, problem: DBAPIError, /) -> bool:
        """Whether others who wrote at once are at fault, so that trying again may help."""
        ...

    async def leave_no_trace(self, words: str, table: str = "visits") -> None:
        """Return when no byte of the files has words that a deleted row had, as far as it is ours.

        No row may have them any more. `table` is where the row was.
        """
        ...

    async def close(self) -> None:
        """Finish what is under way and close every connection."""
        ...
