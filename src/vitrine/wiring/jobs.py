"""The jobs of a home, and the worker that does them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI

from vitrine import __version__
from vitrine.adapters.jobs import JobQueue
from vitrine.api.worker import worker_application
from vitrine.domain.period import HOUR, Period
from vitrine.senders import Senders
from vitrine.settings import Settings, SettingsError
from vitrine.signals import Emit, JobName, ServiceStarted, ServiceStopped, StoreFailed
from vitrine.telemetry.bindings import Telemetry
from vitrine.telemetry.exposition import Exposition
from vitrine.telemetry.logs import JsonLog
from vitrine.usecases.background import Background, Duty
from vitrine.usecases.consult import RECENT_MS
from vitrine.usecases.jobs import Job
from vitrine.usecases.journal import Journal
from vitrine.usecases.ports import StoreUnavailableError
from vitrine.usecases.reports import AGAIN_AFTER_MS, WITHIN_S, Reports
from vitrine.usecases.sharded import ShardedAnalysis
from vitrine.wiring.database import watch_database
from vitrine.wiring.home import Home, analyse_of, now_ms, open_home, retain_of
from vitrine.wiring.lifecycle import JOURNAL_EVERY_S
from vitrine.wiring.limits import gate
from vitrine.wiring.metrics import build_registry, watch_log
from vitrine.wiring.models import Models, providers_of
from vitrine.wiring.models import watch as watch_models
from vitrine.wiring.reports import reports_of
from vitrine.wiring.service import hide_secrets

ANALYSIS_PARTS = 8
HOURLY, AFTER_THE_ANALYSIS, NIGHTLY = "0 * * * *", "20 * * * *", "30 3 * * *"
EACH_MORNING = f"*/10 {HOUR}-{HOUR + int(WITHIN_S / 3_600) - 1} * * *"
"""For as long as a report may be late: what failed, or found no worker, is made up for."""
EVERY_TEN_SECONDS = "* * * * * */10"


def jobs_of(home: Home, models: Models, emit: Emit) -> Sequence[Job]:
    """Return what workers do for a home."""
    sharded = ShardedAnalysis(home.site, analyse_of(home, emit), home.notes, ANALYSIS_PARTS)
    retain = retain_of(home, emit)
    reports = reports_of(home, emit)

    async def consult(run_ms: int, _part: int) -> None:
        await models.consult(run_ms - RECENT_MS)

    async def suggest(_run_ms: int, _part: int) -> None:
        await models.suggest()

    async def expire(_run_ms: int, _part: int) -> None:
        await retain()

    asking = (
        Job(JobName.CONSULT, EVERY_TEN_SECONDS, consult, within_s=60.0),
        Job(JobName.SUGGEST, AFTER_THE_ANALYSIS, suggest),
    )
    return (
        Job(JobName.ANALYSE, HOURLY, sharded, ANALYSIS_PARTS),
        Job(JobName.RETAIN, NIGHTLY, expire),
        *(asking if models.legs else ()),
        *(_mailing(reports) if reports else ()),
    )


def _mailing(reports: Reports) -> tuple[Job, ...]:
    # One part for each period: a report that fails is tried again, and no other with it.
    parts = len(Period)
    within_s = AGAIN_AFTER_MS / 1_000
    return (Job(JobName.REPORT, EACH_MORNING, reports.run, parts, within_s=within_s),)


def worker(
    settings: Settings, log: JsonLog, rehearse: Callable[[Job], Job] = lambda job: job
) -> FastAPI:
    """Build the application of a worker: it does jobs while it runs, and answers for itself.

    A drill's worker is this one, with what `rehearse` makes of each job. Raises `SettingsError`
    where there is no queue, and as `open_home` does.
    """
    if settings.postgres_url is None:
        raise SettingsError(
            "a worker takes its jobs from PostgreSQL: set DATABASE_URL; on SQLite the service"
            " does them by itself"
        )
    home = open_home(settings)
    registry = build_registry(home.site, providers_of(settings), home.database.dialect)
    hide_secrets(home, log)
    watch_log(registry, log)
    watch_models(registry, settings)
    journal = Journal(home.notes, now_ms)
    emit = Telemetry(log, registry, journal.followers)
    duties = watch_database(settings, home.database, registry, emit)
    models = Models(home, emit)
    jobs = [rehearse(job) for job in jobs_of(home, models, emit)]
    queue = JobQueue(settings.postgres_url, jobs, emit)
    background = Background(
        (*models.duties(), *duties, Duty("journal", JOURNAL_EVERY_S, journal.share)), emit
    )

    @asynccontextmanager
    async def running(_app: FastAPI) -> AsyncIterator[None]:
        await models.start()
        background.start()
        working = asyncio.create_task(queue.run())
        emit(ServiceStarted(__version__, home.site.id, "worker", now_ms()))
        yield
        queue.end()
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working
        await background.stop()
        try:
            await models.stop()
            await journal.share()
        except StoreUnavailableError as problem:
            emit(StoreFailed("journal", str(problem)))
        await home.close()
        emit(ServiceStopped("asked to"))

    return worker_application(
        Exposition(registry).render,
        gate(settings, settings.token_for_metrics(), emit),
        Senders(settings.trusted_proxies),
        running,
    )
