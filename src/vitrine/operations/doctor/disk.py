"""Room: what is free where the home is, what the database grows by, and how long that does."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator

from vitrine.adapters.database.sqlite.condition import size_bytes
from vitrine.adapters.http_api import ApiError
from vitrine.adapters.prometheus_api import PrometheusApi
from vitrine.catalogue.metrics import DB_SIZE
from vitrine.catalogue.promql import max_by, select
from vitrine.operations.doctor.finding import Finding, absent, ok, problem, warning
from vitrine.operations.doctor.patient import Patient

MB, GB = 1e6, 1e9
NO_ROOM, LITTLE_ROOM = 100 * MB, 1 * GB
NOW_DAYS, SOON_DAYS = 2.0, 14.0
DAY_S = 86_400.0
OVER_DAYS = (7.0, 1.0)
"""A week evens out its days; where nobody looked so long ago, a day has to do."""
ROOM = "give it more room, or keep less: VITRINE_RETENTION_DAYS"


def look_at_disk(patient: Patient) -> Iterator[Finding]:
    if not patient.home.is_dir():
        return
    free = shutil.disk_usage(patient.home).free
    said = f"{free / GB:,.1f} GB are free where {patient.home} is"
    if free < NO_ROOM:
        yield problem("disk", said, ROOM)
    elif free < LITTLE_ROOM:
        yield warning("disk", said, ROOM)
    else:
        yield ok("disk", said)
    yield _growth(patient)


def _growth(patient: Patient) -> Finding:
    try:
        per_day = grown_per_day(PrometheusApi(patient.prometheus))
    except ApiError:
        return absent("growth", "no Prometheus knows what the database grows by")
    if per_day is None:
        return ok("growth", "what the database grows by is known after a day")
    said = f"the database grows by {per_day / MB:,.1f} MB a day"
    if patient.postgres is not None or not patient.database.exists():
        return ok("growth", said)
    free = shutil.disk_usage(patient.database.parent).free
    days = free / per_day if per_day > 0 else float("inf")
    said = f"{said} to {size_bytes(patient.database) / MB:,.1f} MB"
    if days < SOON_DAYS:
        level = problem if days < NOW_DAYS else warning
        return level("growth", f"{said}: its disk is full in {days:,.1f} days", ROOM)
    return ok("growth", f"{said}; its disk has room for {min(days, 9_999):,.0f} days and more")


def grown_per_day(prometheus: PrometheusApi) -> float | None:
    """Return the bytes that the database grows by in a day, `None` before that is known."""
    now = time.time()
    size = _size(prometheus, now)
    for days in OVER_DAYS:
        before = _size(prometheus, now - days * DAY_S)
        if size is not None and before is not None:
            return (size - before) / days
    return None


def _size(prometheus: PrometheusApi, at_s: float) -> float | None:
    found = prometheus.query(str(max_by(select(DB_SIZE))), at_s)
    return float(found[0]["value"][1]) if found else None
