"""The queue of jobs: whether a worker lives, and does what is due."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection

from vitrine.adapters.database.postgres.insight import LOST_AFTER, look_at_jobs
from vitrine.operations.doctor.finding import Finding, ok, problem, warning

WAITS_LONG_S = 600.0
START = "vitrine worker"


def look_at_queue(connection: Connection) -> Iterator[Finding]:
    """Yield what is found of the workers of a database and of their jobs."""
    looked = look_at_jobs(connection)
    if looked.workers:
        yield ok("workers", f"{looked.workers} live")
    else:
        within = f"{LOST_AFTER.total_seconds():.0f} s"
        said = f"none said within {within} that it lives: nobody analyses, or deletes what is old"
        yield problem("workers", said, f"start one: {START}")
    waiting = sum(state.waiting for state in looked.jobs.values())
    if looked.oldest_waiting_s > WAITS_LONG_S:
        minutes = looked.oldest_waiting_s / 60
        said = f"{waiting} wait, the oldest that is due for {minutes:,.0f} min"
        yield problem("jobs", said, f"start more workers ({START}), and read the log of those")
    else:
        yield ok("jobs", f"{waiting} wait, none that is due for long")
    failed = {name.value: state.failed for name, state in looked.jobs.items() if state.failed}
    if failed:
        said = ", ".join(f"{name} ({count})" for name, count in failed.items())
        yield warning(
            "jobs",
            f"failed for good within 30 days: {said}",
            "see the workers' log: vitrine logs --level ERROR",
        )
