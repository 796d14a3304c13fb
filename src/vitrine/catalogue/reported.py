"""What a report says of its period, which may be longer than Prometheus keeps what it scrapes.

All is asked of records, which the long-term store has for a year. `$__range` stands for the
period, as in a dashboard.
"""

from __future__ import annotations

from vitrine.catalogue.external import ALERTS_NOW
from vitrine.catalogue.history import INSTANCE, RANGE, lasting
from vitrine.catalogue.llm import LLM_COST, LLM_REQUESTS
from vitrine.catalogue.metrics import (
    API_DURATION,
    CONSOLE_VIEWS,
    DB_ERRORS,
    DB_SIZE,
    DB_SLOW,
    LOG_DROPS,
    SERVICE_FAILURES,
    STARTED,
)
from vitrine.catalogue.objective import Ratio
from vitrine.catalogue.objectives import VISITORS
from vitrine.catalogue.promql import (
    Expression,
    Recorded,
    bucket,
    changes,
    either,
    histogram_quantile,
    increase,
    larger,
    max_by,
    max_over_time,
    minutes_with,
    ratio,
    select,
    sum_by,
    sum_of,
)
from vitrine.catalogue.recording import bad, total

QUANTILES = (0.5, 0.95, 0.99)
FIRING_IN = "1m"
"""An alert fires in a minute when it did so at any moment of it."""

VISITORS_TOOK = Recorded(
    "instance:api_visitors_duration_seconds_bucket:sum_by_le",
    sum_by(bucket(API_DURATION, endpoint=VISITORS), *INSTANCE, "le"),
    "Requests of visitors by how long they took, summed per instance.",
)
FIRING = Recorded(
    "alert:firing:max",
    max_by(select(ALERTS_NOW, alertstate="firing"), "alertname", "severity"),
    "1 while an alert fires; the watchdog's is always there.",
)
DATABASE_SIZE = Recorded(
    "service:db_size_bytes:max",
    max_by(select(DB_SIZE)),
    "Bytes that the database takes on disk, which all instances share.",
)
STARTS = Recorded(
    "instance:vitrine_start_time_seconds:max",
    max_by(select(STARTED), *INSTANCE),
    "When the service started, per instance.",
)


def events(objective: Ratio) -> Expression:
    """Return how many events an objective counted."""
    return sum_of(increase(select(total(objective)), RANGE))


def share_of_bad(objective: Ratio) -> Expression:
    """Return which share of an objective's events was bad; nothing where there were none."""
    return ratio(sum_of(increase(select(bad(objective)), RANGE)), events(objective))


def minutes_seen(objective: Ratio) -> Expression:
    """Return in how many minutes what an objective counts was known."""
    return minutes_with(select(total(objective)), RANGE)


def visitors_took(quantile: float) -> Expression:
    """Return the seconds that this share of the requests of visitors stayed below."""
    recorded = sum_by(increase(select(VISITORS_TOOK), RANGE), "le")
    scraped = sum_by(increase(bucket(API_DURATION, endpoint=VISITORS), RANGE), "le")
    return histogram_quantile(quantile, larger(scraped, recorded))


firing = either(
    max_by(
        max_over_time(select(ALERTS_NOW, alertstate="firing"), FIRING_IN), "alertname", "severity"
    ),
    select(FIRING),
)
views = lasting(sum_by(increase(select(CONSOLE_VIEWS), RANGE), "dashboard"))
slow_statements = lasting(sum_by(increase(select(DB_SLOW), RANGE), "fingerprint"))
store_failures = lasting(sum_by(increase(select(DB_ERRORS), RANGE)))
costs = lasting(sum_by(increase(select(LLM_COST), RANGE), "provenance", "provider"))
attempts = lasting(sum_by(increase(select(LLM_REQUESTS), RANGE), "provider", "status"))
failures = lasting(sum_by(increase(select(SERVICE_FAILURES), RANGE), "of"))
dropped_lines = lasting(sum_by(increase(select(LOG_DROPS), RANGE)))
restarts = larger(sum_of(changes(select(STARTED), RANGE)), sum_of(changes(select(STARTS), RANGE)))

REPORTED = (
    *(visitors_took(quantile) for quantile in QUANTILES),
    firing,
    select(DATABASE_SIZE),
    views,
    slow_statements,
    store_failures,
    costs,
    attempts,
    failures,
    dropped_lines,
    restarts,
)
"""Whatever of this is recorded for reports alone."""
