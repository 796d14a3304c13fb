"""Which site a database belongs to."""

from __future__ import annotations

from sqlalchemy import Engine, text

_CLAIM = text(
    "INSERT INTO notes (name, value) VALUES (:name, :value) ON CONFLICT (name) DO NOTHING"
)
_OWNER = text("SELECT value FROM notes WHERE name = :name")


def claim_for(engine: Engine, owner: str, what: str = "site") -> str:
    """Return the id of the site that the database belongs to; the first to ask owns it.

    So it is with `what` else a database is bound to for good.
    """
    with engine.begin() as connection:
        connection.execute(_CLAIM, {"name": what, "value": owner.encode()})
        return bytes(connection.execute(_OWNER, {"name": what}).scalar_one()).decode()
