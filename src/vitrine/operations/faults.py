"""Faults of a service that was started for a drill; no other service can have them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from sqlalchemy import Connection, Engine

from vitrine.signals import JobName
from vitrine.telemetry.http.asgi import AsgiApp, Receive, Scope, Send
from vitrine.usecases.jobs import Job

LATE_S = 0.7
STATEMENT_S = 1.2
STORING = ("insert into events", "insert into visits")
CRASH = "an error of a drill, which no code expects"
CRASH_EVERY = 12
"""Pages ask the store and are half of the requests: 4 % of all meet the error."""
HELD = 17
LABELS_EVERY_S = 0.2
LINES_AT_ONCE = 200
LINES_EVERY_S = 0.02
SHORT_OF_MEMORY = "worker-short-of-memory"
NO_MEMORY = "no memory is left, in a drill"
HANGS_AFTER_S = 8.0
"""So long a worker that is short of memory still says that it lives: a job fails meanwhile."""
LOOK_EVERY_S = 0.1
METRICS = "/metrics"
VISITORS = ("/api/events", "/api/personalization")


class Faults:
    """What goes wrong now, by the names that `Drill` uses."""

    def __init__(self) -> None:
        self._on: set[str] = set()
        self._recalls = count(1)
        self._scrapes = count(1)
        self._held: list[Connection] = []

    def turn(self, name: str, *, on: bool) -> None:
        """Let a fault begin or end."""
        (self._on.add if on else self._on.discard)(name)

    def is_on(self, name: str) -> bool:
        return name in self._on

    def around(self, app: AsgiApp) -> AsgiApp:
        """Return the application as visitors and Prometheus meet it: late, or not at all."""

        async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
            path = scope.get("path")
            if self.is_on("slow-handler") and path in VISITORS:
                await asyncio.sleep(LATE_S)
            if self.is_on("scrapes-failing") and path == METRICS and next(self._scrapes) % 2:
                await send({"type": "http.response.start", "status": 500, "headers": []})
                await send({"type": "http.response.body", "body": b""})
                return
            await app(scope, receive, send)

        return faulty

    def in_database(self, engine: Engine) -> None:
        """Slow down or refuse what is stored, inside the driver's own call."""

        def faulty(execute: Callable[..., None]) -> Callable[..., None]:
            def run(cursor: object, statement: str, *rest: object) -> None:
                words = statement.lower()
                if self.is_on("disk-full") and words.startswith(("insert", "update")):
                    raise sqlite3.OperationalError("database or disk is full")
                if self.is_on("slow-database") and words.startswith(STORING):
                    time.sleep(STATEMENT_S)
                execute(cursor, statement, *rest)

            return run

        dialect: Any = engine.dialect
        dialect.do_execute = faulty(dialect.do_execute)
        dialect.do_executemany = faulty(dialect.do_executemany)

    def in_store(self, store: Any) -> None:
        """Let pages that look for their visit meet an error that no code expects."""
        recall = store.recall

        def faulty(visitor: str) -> object:
            if self.is_on("crashes") and next(self._recalls) % CRASH_EVERY == 0:
                raise RuntimeError(CRASH)
            return recall(visitor)

        store.recall = faulty

    def in_job(self, job: Job) -> Job:
        """Return a job as a worker meets it that is short of memory.

        The analysis fails. What is too old is never all deleted; after a while nothing moves in
        the whole process.
        """

        async def faulty(run_ms: int, part: int) -> object:
            if self.is_on(SHORT_OF_MEMORY) and job.name is JobName.ANALYSE:
                raise MemoryError(NO_MEMORY)
            began = time.monotonic()
            while self.is_on(SHORT_OF_MEMORY):
                if time.monotonic() - began < HANGS_AFTER_S:
                    await asyncio.sleep(LOOK_EVERY_S)
                else:
                    time.sleep(LOOK_EVERY_S)  # noqa: ASYNC251 - that is the fault
            return await job.work(run_ms, part)

        return job._replace(work=faulty)

    def run_beside(self, engine: Engine, invent: Callable[[str], object]) -> None:
        """Start what goes wrong by itself, in a thread that ends with the process."""
        threading.Thread(
            target=self._beside, args=(engine, invent), name="vitrine-faults", daemon=True
        ).start()

    def _beside(self, engine: Engine, invent: Callable[[str], object]) -> None:
        for number in count():
            self._hold(engine)
            if self.is_on("invented-labels"):
                invent(f"invented-{number}")
            if self.is_on("log-stalled"):
                for line in range(LINES_AT_ONCE):
                    logging.getLogger("vitrine.drill").warning("Line %s of a chatty part", line)
                time.sleep(LINES_EVERY_S)
            else:
                time.sleep(LABELS_EVERY_S)

    def _hold(self, engine: Engine) -> None:
        if self.is_on("pool-held"):
            while len(self._held) < HELD:
                self._held.append(engine.connect())
        while self._held and not self.is_on("pool-held"):
            self._held.pop().close()


def obey(faults: Faults, lines: Iterator[str]) -> None:
    """Turn faults as `NAME on` and `NAME off` say, until there are no more lines."""
    for line in lines:
        name, _, state = line.strip().partition(" ")
        faults.turn(name, on=state == "on")


def listen(faults: Faults, lines: Any) -> None:
    """Obey in a thread that ends with the process."""

    def read() -> None:
        with contextlib.suppress(ValueError, OSError):
            obey(faults, iter(lines))

    threading.Thread(target=read, name="vitrine-drill", daemon=True).start()
