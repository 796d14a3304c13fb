from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import QueuePool

from vitrine.operations.faults import CRASH_EVERY, HELD, Faults, obey
from vitrine.signals import JobName
from vitrine.usecases.jobs import Job


def test_faults_begin_and_end_as_they_are_told() -> None:
    faults = Faults()
    obey(faults, iter(["slow-handler on\n", "disk-full on\n", "slow-handler off\n", "\n"]))
    assert not faults.is_on("slow-handler")
    assert faults.is_on("disk-full")


def test_a_full_disk_refuses_what_is_stored_and_gives_what_is_there() -> None:
    engine = create_engine("sqlite://")
    faults = Faults()
    faults.in_database(engine)
    with engine.connect() as connection:
        connection.execute(text("create table events (id integer)"))
        faults.turn("disk-full", on=True)
        with pytest.raises(OperationalError, match="database or disk is full"):
            connection.execute(text("INSERT INTO events VALUES (1)"))
        assert connection.execute(text("select count(*) from events")).scalar_one() == 0
        faults.turn("disk-full", on=False)
        connection.execute(text("INSERT INTO events VALUES (1)"))
        assert connection.execute(text("select count(*) from events")).scalar_one() == 1


def test_one_look_at_the_store_in_twelve_meets_an_error_while_it_is_asked_for() -> None:
    class Store:
        def recall(self, visitor: str) -> str:
            return visitor

    store, faults = Store(), Faults()
    faults.in_store(store)
    assert [store.recall("ada") for _ in range(CRASH_EVERY)] == ["ada"] * CRASH_EVERY
    faults.turn("crashes", on=True)
    failed = 0
    for _ in range(2 * CRASH_EVERY):
        try:
            store.recall("ada")
        except RuntimeError:
            failed += 1
    assert failed == 2


def test_connections_are_held_and_given_back() -> None:
    engine = create_engine(
        "sqlite:///:memory:", poolclass=QueuePool, pool_size=HELD, max_overflow=0
    )
    faults = Faults()
    faults.turn("pool-held", on=True)
    faults._hold(engine)
    assert len(faults._held) == HELD
    faults.turn("pool-held", on=False)
    faults._hold(engine)
    assert not faults._held


async def test_a_worker_short_of_memory_fails_one_job_and_does_not_end_another() -> None:
    done: list[str] = []

    def job(name: JobName) -> Job:
        async def work(_run_ms: int, _part: int) -> None:
            done.append(name.value)

        return faults.in_job(Job(name, "* * * * *", work))

    faults = Faults()
    analyse, retain = job(JobName.ANALYSE), job(JobName.RETAIN)
    faults.turn("worker-short-of-memory", on=True)
    with pytest.raises(MemoryError):
        await analyse.work(0, 0)
    hanging = asyncio.ensure_future(retain.work(0, 0))
    await asyncio.sleep(0)
    assert not done
    faults.turn("worker-short-of-memory", on=False)
    await hanging
    await analyse.work(0, 0)
    assert done == ["retain", "analyse"]
