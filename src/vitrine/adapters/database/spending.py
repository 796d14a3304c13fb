"""`Spending` on SQLite: one row a day, changed by one statement at a time."""

from __future__ import annotations

from sqlalchemy import text

from vitrine.adapters.database.engine import Database
from vitrine.usecases.model_ports import Spent

_RESERVE = text(
    "INSERT INTO spending (day, reserved, spent, calls)"
    " SELECT :day, :micro_usd, 0, 0 WHERE :micro_usd <= :limit"
    " ON CONFLICT (day) DO UPDATE SET reserved = reserved + excluded.reserved"
    " WHERE reserved + spent + excluded.reserved <= :limit"
)
_SETTLE = text(
    "UPDATE spending SET reserved = reserved - :reserved, spent = spent + :spent,"
    " calls = calls + 1 WHERE day = :day"
)
_SPENT = text("SELECT reserved, spent, calls FROM spending WHERE day = :day")
_SINCE = text(
    "SELECT coalesce(sum(reserved), 0), coalesce(sum(spent), 0), coalesce(sum(calls), 0)"
    " FROM spending WHERE day >= :day"
)


class SqliteSpending:
    """Satisfies `Spending`, also for several processes on one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def reserve(self, day: str, micro_usd: int, limit: int) -> bool:
        values = {"day": day, "micro_usd": micro_usd, "limit": limit}
        changed = await self._database.write(lambda c: c.execute(_RESERVE, values).rowcount)
        return changed == 1

    async def settle(self, day: str, reserved: int, spent: int) -> None:
        values = {"day": day, "reserved": reserved, "spent": spent}
        await self._database.write(lambda c: c.execute(_SETTLE, values) and None)

    async def of(self, day: str) -> Spent:
        found = await self._database.read(lambda c: c.execute(_SPENT, {"day": day}).one_or_none())
        return Spent() if found is None else Spent(*tuple(found))

    async def since(self, day: str) -> Spent:
        found = await self._database.read(lambda c: c.execute(_SINCE, {"day": day}).one())
        return Spent(*tuple(found))
