"""How many connections to PostgreSQL a pod may hold, so that all of them fit into one server."""

from __future__ import annotations

from vitrine.deployment.kubernetes.scaling import MOST_REPLICAS

SERVER_TAKES = 97
"""What a PostgreSQL has for others than superusers: 100 less 3, unless it is set otherwise."""
FOR_PEOPLE = 10
FOR_JOBS_IN_PASSING = 4
"""A migration (1) and a backup (3)."""
ASIDE = 1
"""What each process opens now and then beside its pool."""
OF_THE_QUEUE = 5
"""What a worker holds for its queue: four, and one to be called by."""
WORKERS = 1 + 1
REPLICAS = MOST_REPLICAS + 1 + 1
"""At most, while a new version takes over: one more begins, and one is still ending."""


def pool_size() -> int:
    """Return what is left for the pool of each process."""
    left = SERVER_TAKES - FOR_PEOPLE - FOR_JOBS_IN_PASSING - WORKERS * OF_THE_QUEUE
    return left // (REPLICAS + WORKERS) - ASIDE
