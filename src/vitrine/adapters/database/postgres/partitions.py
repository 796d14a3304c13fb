"""Events lie in one partition for each month in which their visits began.

Whole months are then dropped when they are too old, and what belongs to a visit lies together:
its month is known wherever its events are asked for.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from sqlalchemy import Connection, RootTransaction, text

# From the table itself: `to_regclass` may remember what was before the lock was obtained.
_EXISTS = text(
    "SELECT EXISTS (SELECT 1 FROM pg_class WHERE relname = :name"
    " AND relnamespace = CAST(current_schema() AS regnamespace))"
)
_ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtext('vitrine partitions'))")
_PARTITIONS = text(
    "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
    " WHERE i.inhparent = to_regclass('events') ORDER BY c.relname"
)
# Whoever waits for the table holds up all who come after; rather try again later.
_WAIT_BRIEFLY = text("SELECT set_config('lock_timeout', '1s', true)")
PREFIX = "events_"


class Month(NamedTuple):
    """A calendar month of UTC, before or after 1970."""

    year: int
    month: int

    @classmethod
    def of(cls, at_ms: int) -> Month:
        """Return the month of a time in milliseconds since 1970."""
        at = datetime.fromtimestamp(at_ms / 1000, UTC)
        return cls(at.year, at.month)

    @property
    def next(self) -> Month:
        return Month(self.year + self.month // 12, self.month % 12 + 1)

    @property
    def begins_ms(self) -> int:
        return int(datetime(self.year, self.month, 1, tzinfo=UTC).timestamp()) * 1000

    @property
    def partition(self) -> str:
        return f"{PREFIX}{self.year:04}_{self.month:02}"

    @classmethod
    def named(cls, partition: str) -> Month:
        """Return the month of a partition's name."""
        year, month = partition.removeprefix(PREFIX).split("_")
        return cls(int(year), int(month))


class Months:
    """Makes partitions before rows need them.

    Remembers which are there of the months that go on: of older ones another process may drop
    one at any time.
    """

    def __init__(self) -> None:
        self._there: set[Month] = set()
        self._makers: dict[Month, RootTransaction | None] = {}

    def prepare(self, connection: Connection, times_ms: Iterable[int]) -> None:
        """Have a partition for each month of these times, within the transaction."""
        transaction = connection.get_transaction()
        for month in sorted({Month.of(at) for at in times_ms} - self._there):
            if not connection.execute(_EXISTS, {"name": month.partition}).scalar_one():
                make(connection, month)
                self._makers[month] = transaction
            elif self._makers.get(month) is not transaction and _goes_on(month):
                self._there.add(month)  # what its maker alone sees may still be rolled back
                self._makers.pop(month, None)


def _goes_on(month: Month) -> bool:
    return month.next >= Month.of(time.time_ns() // 1_000_000)


def make(connection: Connection, month: Month) -> None:
    """Make the partition of a month, unless somebody else just did.

    It is made beside the table and attached then, which holds up nobody who reads or writes.
    """
    connection.execute(_ONE_AT_A_TIME)
    if connection.execute(_EXISTS, {"name": month.partition}).scalar_one():
        return
    name, begins, ends = month.partition, month.begins_ms, month.next.begins_ms
    connection.execute(text(f"CREATE TABLE {name} (LIKE events INCLUDING DEFAULTS)"))
    connection.execute(
        text(f"ALTER TABLE events ATTACH PARTITION {name} FOR VALUES FROM ({begins}) TO ({ends})")
    )


def months(connection: Connection) -> list[Month]:
    """Return the months that have a partition, oldest first."""
    return [Month.named(name) for (name,) in connection.execute(_PARTITIONS)]


def drop(connection: Connection, month: Month) -> int:
    """Drop a month with all its events; return how many there were."""
    count = text(f"SELECT count(*) FROM {month.partition}")
    events = int(connection.execute(count).scalar_one())
    connection.execute(_WAIT_BRIEFLY)
    connection.execute(text(f"DROP TABLE {month.partition}"))
    return events
