"""Starts workers, replaces those that die, restarts them one by one, and ends them."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from vitrine.operations.workers.place import Place
from vitrine.operations.workers.process import DRAIN, END, Command, Worker
from vitrine.signals import Emit, WorkerDied, WorkerKilled, WorkerNotReady, WorkerRestarted

READY_WITHIN_S = 60.0
END_WITHIN_S = 10.0
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.25, 10.0
CALM_S = 60.0
"""A death counts for the next pause as long as this."""


@dataclass(slots=True, eq=False)
class _Post:
    """A place and who works there now; `changing` is held by whoever puts somebody there."""

    place: Place
    worker: Worker | None = None
    deaths: list[float] = field(default_factory=list)
    changing: asyncio.Lock = field(default_factory=asyncio.Lock)

    def pause_s(self) -> float:
        """Count a death and return the pause after it: longer for each one of late."""
        now = time.monotonic()
        self.deaths = [then for then in self.deaths if now - then < CALM_S] + [now]
        return float(min(FIRST_PAUSE_S * 2 ** (len(self.deaths) - 1), LONGEST_PAUSE_S))


class Supervisor:
    """Keeps one worker in each place. It accepts nothing itself and holds no data.

    `command` says how a worker is started. `end_within_s` is what a worker may take to finish
    what runs before it is killed.
    """

    def __init__(
        self,
        command: Command,
        places: Sequence[Place],
        emit: Emit,
        end_within_s: float = END_WITHIN_S,
    ) -> None:
        self._command = command
        self._posts = [_Post(place) for place in places]
        self._emit = emit
        self._end_within_s = end_within_s
        self._alive: set[Worker] = set()
        self._ending = asyncio.Event()
        self._restart = asyncio.Event()

    async def run(self) -> int:
        """Work until SIGTERM or SIGINT, restart at SIGHUP; return the workers' exit code.

        The first worker starts alone, since it may have to make or to migrate what the others
        find. If it does not get ready, nothing else is started.
        """
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._ending.set)
        loop.add_signal_handler(signal.SIGHUP, self._restart.set)
        first = self._posts[0]
        worker = first.worker = await self._started(first.place)
        if not await self._until_end(worker.is_ready()):
            return _as_exit_code(await worker.ended()) or 1
        if not self._ending.is_set():
            await self._until_end(*map(self._keep, self._posts), self._restarts())
        return await self._end()

    async def _until_end(self, *works: Coroutine[Any, Any, Any]) -> Any:
        """Do works side by side until one is done or the end is asked for; return its result.

        Raises what one of them raises, once all workers have ended. Who is asked to end has
        reached something, too: then the result is true.
        """
        tasks = [asyncio.create_task(work) for work in works]
        asked = asyncio.create_task(self._ending.wait())
        done, running = await asyncio.wait((asked, *tasks), return_when=asyncio.FIRST_COMPLETED)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        try:
            return all(task.result() for task in done)
        except BaseException:
            await self._end()
            raise

    async def _started(self, place: Place) -> Worker:
        worker = await Worker.start(self._command, place)
        self._alive.add(worker)
        return worker

    async def _keep(self, post: _Post) -> None:
        """Have somebody in a place, always."""
        while True:
            async with post.changing:
                worker = post.worker = post.worker or await self._started(post.place)
            code = await worker.ended()
            self._gone(worker)
            if post.worker is not worker:  # another one had taken over
                continue
            post.worker = None
            pause_s = post.pause_s()
            post.place = post.place.after_death()
            self._emit(WorkerDied(post.place.name, worker.pid, _meaning(code), pause_s))
            await asyncio.sleep(pause_s)

    async def _restarts(self) -> None:
        """Restart all, one after the other, as often as asked; who is asked meanwhile, again."""
        while True:
            await self._restart.wait()
            self._restart.clear()
            for post in self._posts:
                async with post.changing:
                    if not await self._replaced(post):
                        break

    async def _replaced(self, post: _Post) -> bool:
        """Put a new worker in a place, and end the old one once the new one is ready.

        One that does not get ready goes again, and the old one stays. Where that died
        meanwhile, the new one does not count it, and gives way to one that does.
        """
        known = post.place
        fresh = await self._started(known.after_restart())
        try:
            async with asyncio.timeout(READY_WITHIN_S):
                ready = await fresh.is_ready()
        except TimeoutError:
            ready = False
        if not ready:
            await fresh.end(signal.SIGKILL, self._end_within_s)
            self._gone(fresh)
            self._emit(WorkerNotReady(post.place.name, fresh.pid))
            return False
        old, post.worker = post.worker, fresh
        counts_all = post.place is known
        post.place = post.place.after_restart()
        if old is not None:
            await self._ended(old, DRAIN)
        self._emit(WorkerRestarted(post.place.name, fresh.pid))
        return counts_all or await self._replaced(post)

    async def _end(self) -> int:
        """End all at once; return the first exit code that is not 0."""
        workers = tuple(self._alive)
        await asyncio.gather(*(self._ended(worker, END) for worker in workers))
        codes = [await worker.ended() for worker in workers]
        # One that was only starting had not learned yet to end in its own way.
        return next((_as_exit_code(code) for code in codes if code not in {0, -END}), 0)

    async def _ended(self, worker: Worker, number: signal.Signals) -> None:
        if not await worker.end(number, self._end_within_s):
            self._emit(WorkerKilled(worker.place.name, worker.pid, self._end_within_s))

    def _gone(self, worker: Worker) -> None:
        if worker in self._alive:
            self._alive.remove(worker)
            worker.close()


def _as_exit_code(code: int) -> int:
    """Return an exit code as shells write it, who was ended by a signal as 128 and its number."""
    return code if code >= 0 else 128 - code


def _meaning(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
