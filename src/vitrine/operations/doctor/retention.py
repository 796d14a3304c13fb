"""Retention: whether what is old goes, and whether what is kept has room."""

from __future__ import annotations

import time
from collections.abc import Iterator

from vitrine.adapters.database.sqlite.condition import oldest_ms
from vitrine.adapters.prometheus_api import PrometheusApi
from vitrine.catalogue.external import STORED, STORED_LIMIT
from vitrine.operations.doctor.disk import GB, LITTLE_ROOM
from vitrine.operations.doctor.finding import Finding, ok, warning
from vitrine.operations.doctor.patient import Patient

DAY_MS = 86_400_000
LATE_DAYS = 2
"""What is old goes once a day, and a minute after each start."""
RETENTION = "storage.tsdb.retention.time"


def look_at_visits(patient: Patient) -> Iterator[Finding]:
    """Yield whether visits go in their time; whoever asks has found the database to be whole."""
    oldest = oldest_ms(patient.database)
    age = 0 if oldest is None else (time.time_ns() // 1_000_000 - oldest) // DAY_MS
    kept = f"visits are kept for {patient.retention_days} days"
    if age > patient.retention_days + LATE_DAYS:
        yield warning(
            "retention",
            f"{kept}, and there is one of {age:,} days ago: nobody deletes",
            "start the service, and see its log: vitrine logs --level ERROR",
        )
    else:
        yield ok("retention", kept)


def look_at_samples(prometheus: PrometheusApi) -> Iterator[Finding]:
    """Yield for how long Prometheus keeps what it scrapes, and whether its disk does for it."""
    said = prometheus.own_metrics()
    stored, limit = (
        max((value for _, value in said.get(metric.name, ())), default=0.0)
        for metric in (STORED, STORED_LIMIT)
    )
    kept = f"Prometheus keeps {prometheus.flags().get(RETENTION, 'what it keeps by default')}"
    most = f", at most {limit / GB:,.1f} GB" if limit else ""
    has = f"{kept}{most}; it has {stored / GB:,.1f} GB"
    free = prometheus.free_bytes()
    if free is None:
        yield ok("retention", has)
        return
    has = f"{has}, and its disk {free / GB:,.1f} GB more"
    wanted = min(limit - stored, LITTLE_ROOM) if limit else LITTLE_ROOM
    if free < wanted:
        yield warning(
            "retention",
            has,
            "give it more room, or keep less: --storage.tsdb.retention.size",
        )
    else:
        yield ok("retention", has)
