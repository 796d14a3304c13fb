"""`Spending` on a database: one row a day, changed by one statement at a time."""

from __future__ import annotations

from sqlalchemy import text

from vitrine.adapters.database.database import Database
from vitrine.usecases.model_ports import Spent

_RESERVE = text(
    "INSERT INTO spending (day, reserved, spent, calls)"
    " SELECT CAST(:day AS VARCHAR(10)), CAST(:micro_usd AS BIGINT), 0, 0"
    " WHERE CAST(:micro_usd AS BIGINT) <= CAST(:limit AS BIGINT)"
    " ON CONFLICT (day) DO UPDATE SET reserved = spending.reserved + excluded.reserved"
    " WHERE spending.reserved + spending.spent + excluded.reserved <= CAST(:limit AS BIGINT)"
)
_SETTLE = text(
    "UPDATE spending SET reserved = reserved - :reserved, spent = spent + :spent,"
    " calls = calls + 1 WHERE day = :day"
)
_SPENT = text("SELECT reserved, spent, calls FROM spending WHERE day = :day")
_SINCE = text(
    "SELECT CAST(coalesce(sum(reserved), 0) AS BIGINT), CAST(coalesce(sum(spent), 0) AS BIGINT),"
    " CAST(coalesce(sum(calls), 0) AS BIGINT)"
    " FROM spending WHERE day >= :day"
)


class SqlSpending:
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
