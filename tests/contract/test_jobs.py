"""Jobs in a real queue: each run done once, by whom ever, however it goes wrong."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

import pytest
from procrastinate import RetryStrategy

from tests.contract.conftest import PATIENT_S
from tests.postgres import PostgresServer
from vitrine.adapters import jobs as jobs_adapter
from vitrine.adapters.database.notes import SqlNotes
from vitrine.adapters.database.postgres.engine import PostgresDatabase, lone_engine
from vitrine.adapters.database.postgres.insight import Insight
from vitrine.adapters.jobs import JobQueue, is_news
from vitrine.domain.period import Period
from vitrine.signals import (
    JobFinished,
    JobName,
    JobOutcome,
    JobsLooked,
    Signal,
    StoreAnswered,
    StoreFailed,
)
from vitrine.usecases.jobs import Job
from vitrine.usecases.reports import LEASE_MS, Reports

EACH_SECOND = "* * * * * *"
WITHIN_S = 180.0
Work = Callable[[int, int], Awaitable[object]]


@pytest.fixture
def url(postgres: PostgresServer, migrated: str) -> str:
    return postgres.database(migrated)


@pytest.fixture(autouse=True)
def _retries_come_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    soon = RetryStrategy(max_attempts=jobs_adapter.ATTEMPTS, wait=0)
    monkeypatch.setattr(jobs_adapter, "RETRY", soon)


@asynccontextmanager
async def working(*queues: JobQueue) -> AsyncIterator[list[asyncio.Task[None]]]:
    tasks = [asyncio.create_task(queue.run()) for queue in queues]
    yield tasks
    for task in tasks:
        task.cancel()
    for task in tasks:
        with suppress(asyncio.CancelledError):
            await task


async def until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not done():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)


def quiet(_signal: Signal) -> None: ...


async def test_each_run_is_done_once_in_all_its_parts_however_many_workers_there_are(
    url: str,
) -> None:
    done: Counter[tuple[int, int]] = Counter()

    async def work(run_ms: int, part: int) -> None:
        done[run_ms, part] += 1
        await asyncio.sleep(0.05)

    def whole() -> set[int]:
        runs = {run for run, _ in done}
        return {run for run in runs if all((run, part) in done for part in range(4))}

    job = Job(JobName.ANALYSE, EACH_SECOND, work, 4)
    async with working(*(JobQueue(url, [job], quiet) for _ in range(3))):
        await until(lambda: len(whole()) >= 3)
    assert set(done.values()) == {1}


async def test_a_report_over_which_a_process_died_is_mailed_once_by_however_many_workers(
    url: str,
) -> None:
    mailed: list[Period] = []
    notes = SqlNotes(PostgresDatabase(lone_engine(url, PATIENT_S)))
    seven = int(datetime.now(UTC).replace(hour=7).timestamp()) * 1_000
    done: Counter[int] = Counter()

    async def dies(_period: Period) -> None:
        raise asyncio.CancelledError

    async def mail(period: Period) -> None:
        mailed.append(period)

    with suppress(asyncio.CancelledError):
        await Reports((Period.DAILY,), dies, notes, quiet).run(seven - LEASE_MS, 0)

    def queue() -> JobQueue:
        reports = Reports((Period.DAILY,), mail, notes, quiet)

        async def work(_run_ms: int, part: int) -> None:
            await reports.run(seven, part)
            done[part] += 1

        return JobQueue(url, [Job(JobName.REPORT, EACH_SECOND, work, len(Period))], quiet)

    async with working(queue(), queue()):
        await until(lambda: len(done) == len(Period) and min(done.values()) >= 2)
    assert mailed == [Period.DAILY]


async def test_two_runs_of_one_job_never_overlap(url: str) -> None:
    running = 0
    runs: list[int] = []

    async def slow(run_ms: int, _part: int) -> None:
        nonlocal running
        running += 1
        assert running == 1
        await asyncio.sleep(1.5)
        running -= 1
        runs.append(run_ms)

    job = Job(JobName.RETAIN, EACH_SECOND, slow)
    heard: list[Signal] = []
    async with working(*(JobQueue(url, [job], heard.append) for _ in range(2))):
        await until(lambda: len(runs) >= 2)
    assert {s.outcome for s in heard if isinstance(s, JobFinished)} == {JobOutcome.SUCCEEDED}


async def test_a_job_that_fails_is_tried_again_and_given_up_in_the_end(url: str) -> None:
    heard: list[JobFinished] = []

    def hear(signal: Signal) -> None:
        if isinstance(signal, JobFinished) and signal.job is JobName.CONSULT:
            heard.append(signal)

    async def fail(_run_ms: int, _part: int) -> None:
        raise ZeroDivisionError

    async with working(JobQueue(url, [Job(JobName.CONSULT, EACH_SECOND, fail)], hear)):
        await until(lambda: any(one.outcome is JobOutcome.FAILED for one in heard))
    last = next(one for one in heard if one.outcome is JobOutcome.FAILED)
    assert last.attempt == jobs_adapter.ATTEMPTS + 1
    assert "ZeroDivisionError" in last.problem
    assert sum(one.outcome is JobOutcome.RETRIED for one in heard) >= jobs_adapter.ATTEMPTS
    looked: list[Signal] = []
    await Insight(PostgresDatabase(lone_engine(url, PATIENT_S)), looked.append).look()
    (found,) = [signal for signal in looked if isinstance(signal, JobsLooked)]
    assert found.jobs[JobName.CONSULT].failed >= 1


async def test_who_is_asked_to_stop_finishes_what_is_under_way(url: str) -> None:
    began, asked, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def work(_run_ms: int, _part: int) -> None:
        began.set()
        await asked.wait()
        await asyncio.sleep(0.1)
        ended.set()

    async with working(JobQueue(url, [Job(JobName.RETAIN, EACH_SECOND, work)], quiet)):
        await asyncio.wait_for(began.wait(), WITHIN_S)
        asyncio.get_running_loop().call_soon(asked.set)  # when it has been asked to stop, below
        assert not ended.is_set()
    assert ended.is_set()


async def test_what_waits_and_who_works_is_seen_from_outside(url: str) -> None:
    looked: list[JobsLooked] = []

    def hear(signal: Signal) -> None:
        if isinstance(signal, JobsLooked):
            looked.append(signal)

    insight = Insight(PostgresDatabase(lone_engine(url, PATIENT_S)), hear)
    seen = asyncio.Event()

    async def hang(_run_ms: int, _part: int) -> None:
        await seen.wait()

    async with working(JobQueue(url, [Job(JobName.RETAIN, EACH_SECOND, hang)], quiet)):
        deadline = time.monotonic() + WITHIN_S
        while not (looked and all(looked[-1].jobs[JobName.RETAIN][:2])):  # waits, and runs
            assert time.monotonic() < deadline, looked
            await insight.look()
            await asyncio.sleep(0.1)
        seen.set()
    waiting, *others = looked[-1].jobs[JobName.RETAIN]
    assert (waiting >= 1, others) == (True, [1, 0])  # one more each second that it takes to look
    assert looked[-1].workers == 1
    assert 0 <= looked[-1].oldest_waiting_s < WITHIN_S


async def test_a_queue_that_is_away_is_said_once_and_tried_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(jobs_adapter, "AGAIN_AFTER_S", 0.1)
    server = PostgresServer("fsync=off")
    from vitrine.adapters.database.migrate import migrate
    from vitrine.adapters.database.postgres.engine import administering_engine

    url = server.database()
    engine = administering_engine(url)
    migrate(engine)
    engine.dispose()
    runs: list[int] = []
    heard: list[Signal] = []

    async def work(run_ms: int, _part: int) -> None:
        runs.append(run_ms)

    try:
        queue = JobQueue(url, [Job(JobName.RETAIN, EACH_SECOND, work)], heard.append)
        async with working(queue):
            await until(lambda: bool(runs))
            server.kill()
            await asyncio.sleep(1)
            server.start()
            before = len(runs)
            await until(lambda: len(runs) > before + 1)
    finally:
        server.remove()
    assert [one.operation for one in heard if isinstance(one, StoreAnswered)] == ["jobs"]
    assert sum(isinstance(one, StoreFailed) and not one.again for one in heard) == 1
    loud = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [record.message for record in loud if is_news(record)] == []
