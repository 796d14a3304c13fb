"""What the signals of jobs count as."""

from __future__ import annotations

from collections.abc import Callable

from vitrine.catalogue.metrics import (
    JOBS,
    JOBS_DURATION,
    JOBS_FINISHED,
    JOBS_OLDEST,
    JOBS_WORKERS,
)
from vitrine.signals import JobFinished, JobOutcome, JobsLooked
from vitrine.telemetry.registry import Registry

LEVELS = {JobOutcome.SUCCEEDED: "DEBUG", JobOutcome.RETRIED: "WARNING", JobOutcome.FAILED: "ERROR"}


def finished(registry: Registry) -> Callable[[JobFinished], None]:
    """Return what counts the end of a job."""
    ended, durations = registry[JOBS_FINISHED], registry[JOBS_DURATION]

    def count(signal: JobFinished) -> None:
        ended.inc(signal.job.value, signal.outcome.value)
        durations.set(signal.seconds, signal.job.value)

    return count


def looked(registry: Registry) -> Callable[[JobsLooked], None]:
    """Return what keeps what the queue last held."""
    jobs, oldest, workers = registry[JOBS], registry[JOBS_OLDEST], registry[JOBS_WORKERS]

    def keep(signal: JobsLooked) -> None:
        oldest.set(signal.oldest_waiting_s)
        workers.set(signal.workers)
        for name, state in signal.jobs.items():
            for word, number in state._asdict().items():
                jobs.set(number, name.value, word)

    return keep


def level(signal: JobFinished) -> str:
    """Return how loud the end of a job is."""
    return LEVELS[signal.outcome]
