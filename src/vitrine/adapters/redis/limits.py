"""Limits in a Redis, with those in the process to fall back on."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from vitrine.adapters.redis.server import CacheServerAwayError, RedisServer
from vitrine.domain.limit import Bounds, EventBounds, LimitName
from vitrine.signals import CacheServerUse
from vitrine.usecases.ports import Limits

KEPT_MS = 60_000
"""How long a bucket outlives the moment at which it is full again, for clocks that differ."""

TAKE = """
local now, kept = tonumber(ARGV[1]), tonumber(ARGV[2])

local function opened(key, per_ms, burst)
  local found = redis.call('hmget', key, 'level', 'then')
  local level, since = tonumber(found[1] or burst), tonumber(found[2] or now)
  local at = math.max(now, since)
  level = math.min(burst, level + (at - since) * per_ms)
  return {key = key, level = level, at = at, per_ms = per_ms, burst = burst}
end

local function take(bucket)
  if bucket.level < 1 then return false end
  bucket.level = bucket.level - 1
  return true
end

local function close(bucket)
  local level = string.format('%.17g', bucket.level)
  redis.call('hset', bucket.key, 'level', level, 'then', string.format('%.17g', bucket.at))
  local full_in = (bucket.burst - bucket.level) / bucket.per_ms
  redis.call('pexpire', bucket.key, math.ceil(full_in) + kept)
end

local network = opened(KEYS[1], tonumber(ARGV[3]), tonumber(ARGV[4]))
local site = opened(KEYS[2], tonumber(ARGV[5]), tonumber(ARGV[6]))
local visitors, refusals = {}, {}
for number = 3, #KEYS do
  visitors[number] = opened(KEYS[number], tonumber(ARGV[7]), tonumber(ARGV[8]))
end
for number = 9, #ARGV do
  local refusal = 0
  if not take(network) then refusal = 1
  elseif not take(visitors[tonumber(ARGV[number])]) then refusal = 2
  elseif not take(site) then refusal = 3 end
  refusals[#refusals + 1] = refusal
end
close(network)
close(site)
for _, visitor in pairs(visitors) do close(visitor) end
return refusals
"""
"""Takes as `MemoryLimits` does, for one network and its visitors at once; nothing comes between.

Keys are the network, the site and then the visitors; arguments are the time, how long a full
bucket is kept, rate and burst of networks, of the site and of visitors, and for each event the
number of its key.
"""
REFUSALS = (
    None,
    LimitName.NETWORK_EVENTS,
    LimitName.VISITOR_EVENTS,
    LimitName.SITE_EVENTS,
)
"""What the script's numbers mean."""


class RedisLimits:
    """Satisfies `Limits` for all processes of the site; while the Redis is away, by `instead`.

    Buckets are named by pseudonyms and truncated networks, but for that of the site, and expire
    a minute after they are full again.
    """

    def __init__(self, server: RedisServer, bounds: EventBounds, *, instead: Limits) -> None:
        self._server = server
        self._script = server.client.register_script(TAKE)
        in_order = (bounds.network, bounds.site, bounds.visitor)
        self._rates = (str(KEPT_MS), *(said for one in in_order for said in _arguments(one)))
        self._instead = instead

    async def take(
        self, network: str, visitors: Sequence[str], now_ms: int
    ) -> Sequence[LimitName | None]:
        named = {visitor: number for number, visitor in enumerate(dict.fromkeys(visitors), 3)}
        key = self._server.key
        keys = [key("limit", "network", network), key("limit", "site"), *map(self._key, named)]
        arguments = [str(now_ms), *self._rates, *(str(named[one]) for one in visitors)]
        try:
            found = await self._server.ask(
                CacheServerUse.LIMITS, lambda: self._script(keys, arguments)
            )
        except CacheServerAwayError:
            return await self._instead.take(network, visitors, now_ms)
        return [REFUSALS[one] for one in found]

    async def forget(self, visitor: str) -> None:
        """Have a visitor start anew; while the Redis is away, its bucket expires by itself."""
        await self._instead.forget(visitor)
        with suppress(CacheServerAwayError):
            await self._server.ask(
                CacheServerUse.LIMITS,
                lambda: self._server.client.delete(self._key(visitor)),
            )

    def _key(self, visitor: str) -> str:
        return self._server.key("limit", "visitor", visitor)


def _arguments(bounds: Bounds) -> tuple[str, str]:
    return repr(bounds.per_minute / 60_000), repr(float(bounds.burst))
