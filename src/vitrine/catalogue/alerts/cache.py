"""What an operator needs to know of the cache, in the process and in a Redis."""

from __future__ import annotations

from vitrine.catalogue.alert import Alert, Feed, Look, Runbook, Severity
from vitrine.catalogue.cache_server import SERVER_FALLBACKS, SERVER_LOSSES, SERVER_UP
from vitrine.catalogue.metrics import CACHE_BYTES, CACHE_EVICTIONS, CACHE_LIMIT
from vitrine.catalogue.promql import increase, max_by, rate, select, sum_by, sum_of

_left = sum_of(rate(select(CACHE_EVICTIONS, reason="=~entries|bytes"), "10m"))

CACHE_PRESSURE = Alert(
    "CacheEvictingUnderPressure",
    Severity.WARNING,
    _left > 1.0,
    "10m",
    "The cache throws out what is still wanted",
    "{{ $value | humanize }} entries a second leave the cache because it is full.",
    Runbook(
        "Entries leave the cache because it is full, not because of their age.",
        "Answers are computed anew; the hit rate falls.",
        (
            Look("bytes in the cache", select(CACHE_BYTES)),
            Look("bytes that it may hold", select(CACHE_LIMIT)),
            Look(
                "entries a second that left, by reason",
                sum_by(rate(select(CACHE_EVICTIONS), "10m"), "reason"),
            ),
        ),
        (
            "`entries`: raise VITRINE_CACHE_ENTRIES.",
            "`bytes`: raise VITRINE_CACHE_BYTES; the machine must have that memory.",
        ),
    ),
    (Feed(CACHE_EVICTIONS, {"reason": "bytes"}, 0.0),),
    (Feed(CACHE_EVICTIONS, {"reason": "bytes"}, 600.0),),
)

_server = max_by(select(SERVER_UP), "instance")

CACHE_SERVER_AWAY = Alert(
    "CacheServerAway",
    Severity.WARNING,
    _server.equals(0),
    "5m",
    "The cache server is away",
    "{{ $labels.instance }} has not been able to use its Redis for five minutes"
    " (cache_server_up is {{ $value }}).",
    Runbook(
        "The Redis of REDIS_URL does not answer within 50 ms, or refuses what it is given.",
        "Visitors notice nothing. Each process has a cache and limits of its own meanwhile, so"
        " that a sender who reaches several of them may send to each as much as to all together.",
        (
            Look("whether the cache server is used, by instance", _server),
            Look(
                "losses in an hour, by what they were noticed from",
                sum_by(increase(select(SERVER_LOSSES), "1h"), "reason"),
            ),
            Look(
                "times a second that a process helps itself, by what for",
                sum_by(rate(select(SERVER_FALLBACKS), "5m"), "use"),
            ),
        ),
        (
            "Ask it as the service does: `vitrine doctor` says what it answers.",
            (
                "`connection`: it does not run or is not reached; start it, and the service uses"
                " it again within a second."
            ),
            (
                "`timeout`: it is overloaded or far away; `redis-cli --latency` and"
                " `redis-cli slowlog get` tell which."
            ),
            (
                "`refused`: it is full and may not forget, is a replica, still loads, or wants"
                " another password; the line “Cache server away” of the log names the error."
            ),
        ),
    ),
    (Feed(SERVER_UP, value=1.0),),
    (Feed(SERVER_UP, value=0.0),),
    labels={"instance": "a"},
)
