"""Which site a database belongs to."""

from __future__ import annotations

from sqlalchemy import Engine, text

_CLAIM = text("INSERT OR IGNORE INTO notes (name, value) VALUES ('site', :site)")
_OWNER = text("SELECT value FROM notes WHERE name = 'site'")


def claim_for(engine: Engine, site: str) -> str:
    """Return the id of the site that the database belongs to; the first to ask owns it."""
    with engine.begin() as connection:
        connection.execute(_CLAIM, {"site": site.encode()})
        return bytes(connection.execute(_OWNER).scalar_one()).decode()
