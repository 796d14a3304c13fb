"""Jobs in a queue in PostgreSQL, kept by Procrastinate; workers take them from there."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from procrastinate import App, JobContext, PsycopgConnector, RetryStrategy
from procrastinate.exceptions import ConnectorException

from vitrine.adapters.database.postgres.address import Address
from vitrine.signals import Emit, JobFinished, JobName, JobOutcome
from vitrine.usecases.jobs import Job
from vitrine.usecases.outage import Outage

ATTEMPTS = 5
RETRY = RetryStrategy(max_attempts=ATTEMPTS, exponential_wait=3)
"""After 3, 9, 27, 81 and 243 seconds."""
AT_ONCE = 4
HEARTBEAT_S, LOST_AFTER_S = 5.0, 30.0
"""A worker that has not said for so long that it lives is taken for dead."""
DRAIN_S = 30.0
CONNECTION_WITHIN_S = 10.0
AGAIN_AFTER_S = 2.0
PART = "_part"
KEPT_HOURS = 30 * 24
"""Failed jobs stay for so long, to be looked at; others go when they are done."""
EVERY_MINUTE, EVERY_NIGHT = "* * * * *", "45 4 * * *"


def is_news(record: logging.LogRecord) -> bool:
    """Tell whether a library's record says more than that the queue is away.

    `JobQueue` announces that once; the libraries write tracebacks and a line for each try.
    """
    if record.name == "psycopg.pool":
        return record.levelno > logging.WARNING
    problem = record.exc_info[1] if record.exc_info else None
    away = isinstance(problem, ConnectorException)
    return not (away and record.name.startswith("procrastinate"))


class JobQueue:
    """Runs jobs when they are due: each run once, however many workers there are.

    A job that fails is tried again after a while, one whose worker died by the next worker.
    What is due is put into the queue by whichever worker comes first.
    """

    def __init__(self, url: str, jobs: Sequence[Job], emit: Emit) -> None:
        self._emit = emit
        self._ending = False
        address = Address.read(url).by_default(connect_timeout="5", application_name="vitrine")
        connector = PsycopgConnector(kwargs=address.for_psycopg(), timeout=CONNECTION_WITHIN_S)
        self._app = App(connector=connector)
        own = (
            Job(JobName.RESCUE, EVERY_MINUTE, self._rescue, alone=False, within_s=60.0),
            Job(JobName.CLEAN, EVERY_NIGHT, self._clean, alone=False),
        )
        for job in (*jobs, *own):
            self._declare(job)

    async def run(self) -> None:
        """Take and do jobs until cancelled; then what is under way is finished.

        A queue that cannot be reached is tried again: nothing is lost, it is in the database.
        """
        outage = Outage("jobs", self._emit)
        while not self._ending:
            try:
                async with self._opened():
                    outage.over()
                    await self._work()
                outage.failed("connection lost")  # or it would not have returned
            except Exception as problem:  # noqa: BLE001 - whatever it is, jobs must go on
                outage.failed(type(problem).__name__)
            await asyncio.sleep(AGAIN_AFTER_S)

    def end(self) -> None:
        """Begin no more; who runs the queue cancels that as well."""
        self._ending = True

    @asynccontextmanager
    async def _opened(self) -> AsyncIterator[None]:
        """Open the queue and close it again, where it could not be opened as well.

        Else it would pass for open at the next try.
        """
        try:
            async with asyncio.timeout(CONNECTION_WITHIN_S):
                await self._app.open_async()
            yield
        finally:
            await self._app.close_async()

    async def _work(self) -> None:
        await self._app.run_worker_async(
            concurrency=AT_ONCE,
            install_signal_handlers=False,
            shutdown_graceful_timeout=DRAIN_S,
            delete_jobs="successful",
            update_heartbeat_interval=HEARTBEAT_S,
            stalled_worker_timeout=LOST_AFTER_S,
            worker_middleware=[self._watched],
        )

    def _declare(self, job: Job) -> None:
        def is_late(timestamp: int) -> bool:
            return time.time() - timestamp > job.within_s

        async def whole(timestamp: int) -> None:
            if not is_late(timestamp):
                await job.work(timestamp * 1000, 0)

        async def split(timestamp: int) -> None:
            for number in range(job.parts):
                lock = f"{job.name}:{number}"
                await parts.configure(lock=lock).defer_async(timestamp=timestamp, number=number)

        async def part(timestamp: int, number: int) -> None:
            if not is_late(timestamp):
                await job.work(timestamp * 1000, number)

        name = job.name.value
        parts = self._app.task(name=name + PART, retry=RETRY)(part)
        task = self._app.task(name=name, lock=name if job.alone else None, retry=RETRY)
        self._app.periodic(cron=job.cron)(task(whole if job.parts == 1 else split))

    async def _watched(
        self, call: Callable[[], Awaitable[Any]], context: JobContext, _worker: object
    ) -> Any:
        job = context.job
        announce = partial(self._announce, job.task_name, job.attempts, time.perf_counter())
        try:
            result = await call()
        except Exception as problem:
            last = job.attempts >= ATTEMPTS
            announce(JobOutcome.FAILED if last else JobOutcome.RETRIED, repr(problem))
            raise
        announce(JobOutcome.SUCCEEDED, "")
        return result

    def _announce(
        self, task: str, attempts: int, began: float, outcome: JobOutcome, problem: str
    ) -> None:
        name = JobName(task.removesuffix(PART))
        seconds = time.perf_counter() - began
        self._emit(JobFinished(name, outcome, seconds, attempts + 1, problem))

    async def _rescue(self, _run_ms: int, _part: int) -> None:
        """Give the jobs of dead workers back."""
        manager = self._app.job_manager
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=LOST_AFTER_S):
            await manager.retry_job(job)

    async def _clean(self, _run_ms: int, _part: int) -> None:
        await self._app.job_manager.delete_old_jobs(
            nb_hours=KEPT_HOURS, include_failed=True, include_cancelled=True, include_aborted=True
        )
