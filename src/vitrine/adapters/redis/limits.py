"""Limits in a Redis, with those in the process to fall back on."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from vitrine.adapters.redis.server import CacheServerAwayError, RedisServer
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
local visitors, taken = {}, {}
for number = 2, #KEYS do
  visitors[number] = opened(KEYS[number], tonumber(ARGV[5]), tonumber(ARGV[6]))
end
for number = 7, #ARGV do
  local visitor = visitors[tonumber(ARGV[number])]
  taken[#taken + 1] = (take(network) and take(visitor)) and 1 or 0
end
close(network)
for _, visitor in pairs(visitors) do close(visitor) end
return taken
"""
"""Takes as `TokenBuckets` does, for one network and its visitors at once; nothing comes between.

Keys are the network and then its visitors; arguments are the time, how long a full bucket is
kept, rate and burst of networks and of visitors, and for each event the number of its key.
"""


class Bounds(NamedTuple):
    """What one sender may send: evenly refilled, at most a burst at once."""

    per_minute: float
    burst: float

    @property
    def arguments(self) -> tuple[str, str]:
        return repr(self.per_minute / 60_000), repr(float(self.burst))


class RedisLimits:
    """Satisfies `Limits` for all processes of the site; while the Redis is away, by `instead`.

    Buckets are named by pseudonyms and truncated networks, and expire a minute after they
    are full again.
    """

    def __init__(
        self, server: RedisServer, *, visitors: Bounds, networks: Bounds, instead: Limits
    ) -> None:
        self._server = server
        self._script = server.client.register_script(TAKE)
        self._rates = (str(KEPT_MS), *networks.arguments, *visitors.arguments)
        self._instead = instead

    async def take(self, network: str, visitors: Sequence[str], now_ms: int) -> Sequence[bool]:
        named = {visitor: number for number, visitor in enumerate(dict.fromkeys(visitors), 2)}
        keys = [self._server.key("limit", "network", network), *map(self._key, named)]
        arguments = [str(now_ms), *self._rates, *(str(named[one]) for one in visitors)]
        try:
            found = await self._server.ask(
                CacheServerUse.LIMITS, lambda: self._script(keys, arguments)
            )
        except CacheServerAwayError:
            return await self._instead.take(network, visitors, now_ms)
        return [bool(one) for one in found]

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
