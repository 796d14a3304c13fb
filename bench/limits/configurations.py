"""What `make bench-load` puts under load, one after the other."""

from __future__ import annotations

from bench.limits.configuration import Configuration
from bench.limits.faults import cache_away, database_locked, database_restarts
from bench.limits.servers import postgres, redis

SHARED = {"database": postgres, "redis": redis}
ONE, TWO = "PostgreSQL+Redis/1", "PostgreSQL+Redis/2"
CONFIGURATIONS = (
    Configuration("SQLite/1", faults=(database_locked,)),
    Configuration(ONE, servers=SHARED, faults=(cache_away, database_restarts)),
    Configuration(TWO, ("--workers", "2"), servers=SHARED),
)
