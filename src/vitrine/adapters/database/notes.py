"""`Notes` on a database."""

from __future__ import annotations

from sqlalchemy import Connection, text

from vitrine.adapters.database.database import Database

_NOTE = text("SELECT value FROM notes WHERE name = :name")
_UPSERT = text(
    "INSERT INTO notes (name, value) VALUES (:name, :value)"
    " ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)

_INSERT = text(
    "INSERT INTO notes (name, value) VALUES (:name, :after) ON CONFLICT (name) DO NOTHING"
)
_REPLACE = text("UPDATE notes SET value = :after WHERE name = :name AND value = :before")


def put_note(connection: Connection, name: str, value: bytes) -> None:
    """Write a note, whatever it was before."""
    connection.execute(_UPSERT, {"name": name, "value": value})


class SqlNotes:
    """Satisfies `Notes`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, name: str) -> bytes | None:
        return await self._database.read(
            lambda c: c.execute(_NOTE, {"name": name}).scalar_one_or_none()
        )

    async def put(self, name: str, value: bytes) -> None:
        await self._database.write(put_note, name, value)

    async def swap(self, name: str, before: bytes | None, after: bytes) -> bool:
        values = {"name": name, "before": before, "after": after}
        statement = _REPLACE
        if before is None:
            del values["before"]
            statement = _INSERT
        return await self._database.write(lambda c: c.execute(statement, values).rowcount) == 1
