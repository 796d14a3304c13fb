"""What `make bench-load` puts under load, one after the other."""

from __future__ import annotations

from bench.limits.configuration import Configuration
from bench.limits.faults import cache_away, database_locked, database_restarts
from bench.limits.servers import postgres, redis

CONFIGURATIONS = (
    Configuration("SQLite/1", faults=(database_locked,)),
    Configuration(
        "PostgreSQL+Redis/1",
        servers={"database": postgres, "redis": redis},
        faults=(cache_away, database_restarts),
    ),
)
