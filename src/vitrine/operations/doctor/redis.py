"""The Redis, where one is set: whether it takes what it is given, and what it does when full."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from vitrine.operations.doctor.finding import Finding, absent, ok, problem, warning
from vitrine.operations.doctor.patient import Patient

ANSWERS_WITHIN_S = 2.0
WHAT_IT_ADDS = "docs/deployment.md#redis says what one adds"
FULL = "set maxmemory, and maxmemory-policy allkeys-lru: docs/deployment.md#redis"


def look_at_redis(patient: Patient) -> Iterator[Finding]:
    if patient.redis is None:
        yield absent("redis", "none is set: cache and limits are in the process", WHAT_IT_ADDS)
        return
    from redis import Redis
    from redis.exceptions import RedisError

    from vitrine.adapters.redis.connections import place_of
    from vitrine.adapters.redis.server import PROVE

    client = Redis.from_url(
        patient.redis, socket_timeout=ANSWERS_WITHIN_S, socket_connect_timeout=ANSWERS_WITHIN_S
    )
    place = place_of(client.connection_pool.connection_kwargs)
    with client:
        try:
            client.eval(PROVE, 1, "vitrine:doctor:proof")
            said = client.info()
        except (RedisError, OSError) as failure:
            found = f"{place} does not take what it is given ({failure})"
            yield problem("redis", found, "see whether it runs: docs/runbooks/CacheServerAway.md")
            return
    yield ok("redis", f"version {said['redis_version']} at {place} takes what it is given")
    yield _when_full(said)


def _when_full(said: Mapping[str, Any]) -> Finding:
    if said.get("maxmemory_policy") == "noeviction":
        return warning("redis", "full, it refuses everything instead of forgetting", FULL)
    return ok("redis", f"full, it forgets ({said.get('maxmemory_policy')})")
