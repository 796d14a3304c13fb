"""Which site a database belongs to, and by which key it names its visitors."""

from __future__ import annotations

from hashlib import blake2b

from sqlalchemy import Connection, Engine, text

_CLAIM = text(
    "INSERT INTO notes (name, value) VALUES (:name, :value) ON CONFLICT (name) DO NOTHING"
)
_OWNER = text("SELECT value FROM notes WHERE name = :name")

KEY = "pseudonyms"
"""The note that tells by which key a database's visitors are named."""


def mark_of(key: bytes) -> str:
    """Return what stands in that note for a key: the key cannot be told from it."""
    return blake2b(key, digest_size=16, person=KEY.encode()).hexdigest()


def owner_of(connection: Connection, what: str = "site") -> str | None:
    """Return whose the database is already, if it is anybody's."""
    found = connection.execute(_OWNER, {"name": what}).scalar_one_or_none()
    return None if found is None else bytes(found).decode()


def claim_for(engine: Engine, owner: str, what: str = "site") -> str:
    """Return the id of the site that the database belongs to; the first to ask owns it.

    So it is with `what` else a database is bound to for good.
    """
    with engine.begin() as connection:
        connection.execute(_CLAIM, {"name": what, "value": owner.encode()})
        return bytes(connection.execute(_OWNER, {"name": what}).scalar_one()).decode()
