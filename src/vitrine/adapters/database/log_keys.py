"""`LogKeys` on a database: a row for each week, in a table that no backup takes along."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, text

from vitrine.adapters.database.database import Database
from vitrine.adapters.database.schema import LOG_KEYS

_KEEP = text("INSERT INTO log_keys (week, key) VALUES (:week, :key) ON CONFLICT (week) DO NOTHING")
_KEPT = text("SELECT week, key FROM log_keys WHERE week >= :since")
_DESTROY = text("DELETE FROM log_keys WHERE week < :before RETURNING key")


class SqlLogKeys:
    """Satisfies `LogKeys`, also for several processes on one database.

    Keys are written in hexadecimal digits, so that files can be searched for them.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._deleted: list[str] = []

    async def keep(self, week: int, key: bytes) -> bytes:
        return (await self._database.write(_keep, week, key.hex()))[week]

    async def kept(self, since: int) -> Mapping[int, bytes]:
        return await self._database.read(_kept, since)

    async def destroy(self, before: int) -> None:
        self._deleted += await self._database.write(_destroy, before)
        while self._deleted:  # what could not be traced at once is tried again
            await self._database.leave_no_trace(self._deleted[-1], LOG_KEYS)
            self._deleted.pop()


def _keep(connection: Connection, week: int, key: str) -> Mapping[int, bytes]:
    connection.execute(_KEEP, {"week": week, "key": key})
    return _kept(connection, week)


def _kept(connection: Connection, since: int) -> Mapping[int, bytes]:
    rows = connection.execute(_KEPT, {"since": since})
    return {row.week: bytes.fromhex(row.key) for row in rows}


def _destroy(connection: Connection, before: int) -> list[str]:
    return list(connection.execute(_DESTROY, {"before": before}).scalars())
