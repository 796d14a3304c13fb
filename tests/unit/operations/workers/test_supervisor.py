"""The supervisor over small processes that do as they are told."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from vitrine.operations.workers import supervisor as module
from vitrine.operations.workers.place import Place
from vitrine.operations.workers.supervisor import Supervisor
from vitrine.signals import Signal, WorkerDied, WorkerKilled, WorkerNotReady, WorkerRestarted

READY = "import os, signal, sys, json; place = json.loads(sys.argv[1]); "
SAY = "os.write(place['ready'], b'1'); "
OBEY = READY + "[signal.signal(s, lambda *_: sys.exit(0)) for s in (1, 15)]; " + SAY
WAIT = "\nwhile True: signal.pause()"
PATIENT_S = 60.0


class Watched:
    """A supervisor with what it announced; `behave` says what the next processes do."""

    def __init__(self, workers: int = 2, end_within_s: float = PATIENT_S) -> None:
        self.behave = OBEY + WAIT
        self.heard: list[Signal] = []
        self.started: list[Place] = []
        places = [Place(k, (1,) * workers, 0, -1, 1) for k in range(1, workers + 1)]
        self.supervisor = Supervisor(self._command, places, self.heard.append, end_within_s)

    def _command(self, place: Place) -> list[str]:
        self.started.append(place)
        return [sys.executable, "-c", self.behave, place.written()]

    def of(self, kind: type[Any]) -> list[Any]:
        return [one for one in self.heard if isinstance(one, kind)]

    def has_lost(self, workers: int) -> bool:
        return len(self.of(WorkerDied)) == workers

    @property
    def pids(self) -> list[int]:
        posts = self.supervisor._posts
        return [post.worker.pid for post in posts if post.worker is not None]


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(PATIENT_S):
        while not true():  # noqa: ASYNC110 - a process has no event
            await asyncio.sleep(0.01)


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    monkeypatch.setattr(module, "FIRST_PAUSE_S", 0.01)
    return Watched()


async def ended(running: asyncio.Task[int], number: int = signal.SIGTERM) -> int:
    os.kill(os.getpid(), number)
    return await running


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_all_end_with_the_supervisor_and_give_their_exit_code(
    watched: Watched, number: int
) -> None:
    running = asyncio.create_task(watched.supervisor.run())
    await until(lambda: len(watched.pids) == 2)
    pids = watched.pids
    assert await ended(running, number) == 0
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


async def test_where_the_first_does_not_get_ready_no_other_is_started(watched: Watched) -> None:
    watched.behave = "raise SystemExit(7)"
    assert await watched.supervisor.run() == 7
    assert len(watched.started) == 1


async def test_who_dies_is_replaced_after_pauses_that_grow(watched: Watched) -> None:
    running = asyncio.create_task(watched.supervisor.run())
    for deaths in (1, 2, 3):
        await until(lambda: len(watched.pids) == 2)
        os.kill(watched.pids[1], signal.SIGKILL)
        await until(partial(watched.has_lost, deaths))
    await until(lambda: len(watched.pids) == 2)
    assert await ended(running) == 0
    said = watched.of(WorkerDied)
    assert {(one.worker, one.ended_by) for one in said} == {("2", "signal SIGKILL")}
    assert [one.pause_s for one in said] == [0.01, 0.02, 0.04]
    assert [place.deaths for place in watched.started if place.number == 2] == [0, 1, 2, 3]


async def test_a_restart_replaces_one_after_the_other(watched: Watched) -> None:
    running = asyncio.create_task(watched.supervisor.run())
    await until(lambda: len(watched.pids) == 2)
    before = watched.pids
    os.kill(os.getpid(), signal.SIGHUP)
    await until(lambda: len(watched.of(WorkerRestarted)) == 2)
    assert not set(before) & set(watched.pids)
    assert await ended(running) == 0
    assert watched.of(WorkerDied) == []
    assert [(place.number, place.restarts) for place in watched.started[2:]] == [(1, 1), (2, 1)]


async def test_a_new_worker_that_does_not_get_ready_leaves_the_old_ones_at_work(
    watched: Watched,
) -> None:
    running = asyncio.create_task(watched.supervisor.run())
    await until(lambda: len(watched.pids) == 2)
    before, watched.behave = watched.pids, "raise SystemExit(1)"
    os.kill(os.getpid(), signal.SIGHUP)
    await until(lambda: watched.of(WorkerNotReady))
    assert watched.pids == before
    assert await ended(running) == 0


async def test_a_death_while_the_next_one_gets_ready_is_counted(
    watched: Watched, tmp_path: Path
) -> None:
    running = asyncio.create_task(watched.supervisor.run())
    await until(lambda: len(watched.pids) == 2)
    go = tmp_path / "go"
    held = f"\nwhile place['number'] == 2 and not os.path.exists({str(go)!r}): pass\n"
    watched.behave = OBEY.replace(SAY, held + SAY) + WAIT
    os.kill(os.getpid(), signal.SIGHUP)
    await until(lambda: watched.started[-1].restarts == 1 and watched.started[-1].number == 2)
    os.kill(watched.pids[1], signal.SIGKILL)
    await until(partial(watched.has_lost, 1))
    go.touch()
    await until(lambda: len(watched.of(WorkerRestarted)) == 3)
    assert await ended(running) == 0
    last = [(place.deaths, place.restarts) for place in watched.started if place.number == 2]
    assert last == [(0, 0), (0, 1), (1, 2)]


async def test_who_does_not_end_in_time_is_killed_and_that_is_said() -> None:
    watched = Watched(end_within_s=0.2)
    watched.behave = READY + "signal.signal(15, signal.SIG_IGN); " + SAY + WAIT
    running = asyncio.create_task(watched.supervisor.run())
    await until(lambda: len(watched.pids) == 2)
    # The second one is asked before or after it has learned not to listen.
    assert await ended(running) == 128 + signal.SIGKILL
    assert "1" in [one.worker for one in watched.of(WorkerKilled)]
