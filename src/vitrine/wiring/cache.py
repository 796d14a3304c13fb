"""The cache and the limits: in the process, or in a Redis that others share."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from vitrine.adapters.cache import MeasuredCache, MemoryCache, NearCache
from vitrine.adapters.limits import MemoryLimits
from vitrine.settings import Settings, SettingsError
from vitrine.signals import Emit
from vitrine.telemetry.registry import Registry
from vitrine.usecases.ports import Cache, Limits
from vitrine.wiring.home import Home
from vitrine.wiring.limits import events_of
from vitrine.wiring.metrics import watch_cache

if TYPE_CHECKING:
    from vitrine.adapters.redis.server import RedisServer


class Shared(NamedTuple):
    """What processes of one site share where there is a `server`."""

    cache: Cache
    limits: Limits
    server: RedisServer | None


def shared_of(home: Home, registry: Registry, emit: Emit) -> Shared:
    """Return the measured cache and the limits; raises `SettingsError` for a bad REDIS_URL."""
    settings = home.settings
    memory = MemoryCache(entries=settings.cache_entries, limit=settings.cache_bytes, emit=emit)
    watch_cache(registry, memory)
    limits = MemoryLimits(events_of(settings))
    if settings.redis_url is None:
        return Shared(MeasuredCache(memory, emit), limits, None)
    return _in_redis(home, memory, limits, emit)


def _in_redis(home: Home, memory: MemoryCache, limits: Limits, emit: Emit) -> Shared:
    from vitrine.adapters.redis.cache import RedisCache
    from vitrine.adapters.redis.limits import RedisLimits

    settings = home.settings
    server = server_of(settings, home.site.id, emit)
    cache = RedisCache(server, limit=settings.cache_bytes, instead=memory, emit=emit)
    shared = RedisLimits(server, events_of(settings), instead=limits)
    return Shared(MeasuredCache(NearCache(cache), emit), shared, server)


def server_of(settings: Settings, site: str, emit: Emit) -> RedisServer:
    """Return the Redis of the settings; raises `SettingsError` where its address is no good."""
    from vitrine.adapters.redis.server import RedisServer

    assert settings.redis_url is not None
    try:
        return RedisServer(settings.redis_url.get_secret_value(), site, emit)
    except (TypeError, ValueError):
        raise SettingsError("REDIS_URL: has options that no connection to a Redis has") from None
    except OSError as problem:
        raise SettingsError(f"REDIS_URL: its certificates cannot be loaded: {problem}") from None
