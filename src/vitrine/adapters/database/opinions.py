"""`OpinionStore` on a database."""

from __future__ import annotations

from collections.abc import Sequence

import orjson
from sqlalchemy import text

from vitrine.adapters.database.database import Database
from vitrine.usecases.model_ports import KeptOpinion

_KEEP = text(
    "INSERT INTO opinions (site_version, fingerprint, features, segment, certainty, provider,"
    " model, answered_at) VALUES (:site_version, :fingerprint, :features, :segment, :certainty,"
    " :provider, :model, :answered_at) ON CONFLICT (site_version, fingerprint) DO UPDATE SET"
    " features = excluded.features, segment = excluded.segment, certainty = excluded.certainty,"
    " provider = excluded.provider, model = excluded.model, answered_at = excluded.answered_at"
)
_SINCE = text(
    "SELECT fingerprint, features, segment, certainty, provider, model, answered_at FROM opinions"
    " WHERE site_version = :site_version AND answered_at >= :answered_at"
    " ORDER BY answered_at DESC LIMIT :most"
)


class SqlOpinions:
    """Satisfies `OpinionStore`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, site_version: str, opinions: Sequence[KeptOpinion]) -> None:
        rows = [
            {
                **kept._asdict(),
                "site_version": site_version,
                "features": orjson.dumps(kept.features).decode(),
            }
            for kept in opinions
        ]
        if rows:
            await self._database.write(lambda c: c.execute(_KEEP, rows) and None)

    async def since(self, site_version: str, answered_at: int, limit: int) -> Sequence[KeptOpinion]:
        asked = {"site_version": site_version, "answered_at": answered_at, "most": limit}
        rows = await self._database.read(lambda c: c.execute(_SINCE, asked).all())
        found = map(self._database.unpacking.opinion, rows)
        return [opinion for opinion in found if opinion is not None]
