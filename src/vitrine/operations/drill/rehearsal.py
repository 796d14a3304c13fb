"""The stack of one drill: a service, Prometheus, Alertmanager, visitors, and who is told."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from vitrine.catalogue.drill import (
    Ballast,
    Drill,
    Dying,
    InService,
    InWorker,
    Killed,
    OtherSettings,
    Pages,
    Providers,
)
from vitrine.monitoring.compressed import compressed
from vitrine.monitoring.rules import Pace
from vitrine.operations.drill.ballast import drop_ballast, store_ballast
from vitrine.operations.drill.dying import kill_in_turn
from vitrine.operations.drill.parts import CannotDrillError, Parts, parts_of, settings_of
from vitrine.operations.drill.processes import Process
from vitrine.operations.drill.sinks import Sinks, sinks
from vitrine.operations.drill.traffic import EVENT, Traffic
from vitrine.operations.models_server import Behaviour, ModelsServer
from vitrine.operations.postgres_server import MISSING as NO_POSTGRES
from vitrine.operations.postgres_server import (
    NoPostgresError,
    PostgresProgram,
    find_postgres,
    unprivileged,
)
from vitrine.operations.prometheus import Prometheus
from vitrine.operations.server import free_port
from vitrine.operations.workers.targets import FILE as TARGETS

EVERY_S = 1
ANSWERS_WITHIN_S = 60.0
AGAIN_AFTER_S = 0.1
KEPT = ("PATH", "HOME", "LANG")
OURS = ("service", "worker")
"""The processes that are given settings."""
ON_POSTGRES = {"DB_POOL_SIZE": "10", "VITRINE_DECISION_DEADLINE_MS": "5000"}
"""Connections for three processes, and time for their first reads on cores that much else shares:
what comes late counts as a failure of the store."""
LIGHT = ("fsync=off", "shared_buffers=16MB")
"""A PostgreSQL whose data nobody will want."""


@dataclass(slots=True)
class Rehearsal:
    """A running stack. `injure` begins the drill's fault, `heal` ends it."""

    drill: Drill
    home: Path
    sinks: Sinks
    models: ModelsServer
    traffic: Traffic
    prometheus: httpx.AsyncClient
    alertmanager: httpx.AsyncClient
    service_url: str
    program: Prometheus
    processes: Mapping[str, Process]
    env: Mapping[str, str]
    killing: asyncio.Task[None] | None = None

    async def injure(self) -> None:
        """Let the fault begin."""
        match self.drill.fault:
            case InService(switch) | InWorker(switch):
                self._faulty.say(f"{switch} on")
                if switch == "log-stalled":
                    self._faulty.reading.clear()
            case OtherSettings(settings):
                await self._restart(settings)
            case Providers(behaviour):
                for provider, name in behaviour.items():
                    self.models.behave(provider, Behaviour(name))
            case Pages(event_name):
                self.traffic.event_name = event_name
            case Killed(process):
                await self.processes[process].end(signal.SIGKILL)
            case Dying():
                targets = self.home / "service" / TARGETS
                killing = kill_in_turn(self.processes["service"], targets)
                self.killing = asyncio.create_task(killing)
            case Ballast():
                await store_ballast(self.program)

    async def heal(self) -> None:
        """Let the fault end."""
        match self.drill.fault:
            case InService(switch) | InWorker(switch):
                self._faulty.say(f"{switch} off")
                self._faulty.reading.set()
            case OtherSettings():
                await self._restart({})
            case Providers(behaviour):
                for provider in behaviour:
                    self.models.behave(provider, Behaviour.OK)
            case Pages():
                self.traffic.event_name = EVENT
            case Killed(process):
                await self.processes[process].start(self.env if process == "service" else None)
            case Dying():
                await self.kill_no_more()
            case Ballast():
                await drop_ballast(self.prometheus)

    @property
    def _faulty(self) -> Process:
        """The process that has a fault inside."""
        return self.processes["worker" if isinstance(self.drill.fault, InWorker) else "service"]

    async def kill_no_more(self) -> None:
        """Leave the service's processes alone from now on."""
        killing, self.killing = self.killing, None
        if killing is not None:
            killing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await killing

    async def _restart(self, settings: Mapping[str, str]) -> None:
        service = self.processes["service"]
        await service.end()
        await service.start({**self.env, **settings})
        await answers(f"{self.service_url}/ready", service)

    async def restart_service(self, asks: Sequence[str]) -> None:
        """Start the service again, with the keys of other providers."""
        self.env = settings_of(self.drill, asks, self.models)
        await self._restart({})

    async def alerts(self) -> list[dict[str, Any]]:
        """Return what is pending or firing in Prometheus now."""
        answer = await self.prometheus.get("/api/v1/alerts")
        found: list[dict[str, Any]] = answer.json()["data"]["alerts"]
        return found

    async def inhibited(self) -> set[str]:
        """Return the alerts that Alertmanager keeps to itself because another says more."""
        try:
            answer = await self.alertmanager.get("/api/v2/alerts")
        except httpx.HTTPError:
            return set()
        return {one["labels"]["alertname"] for one in answer.json() if one["status"]["inhibitedBy"]}

    async def scrapes(self, since_s: float) -> list[tuple[float, float]]:
        """Return time and success of each scrape of the service in the last seconds."""
        query = f'up{{job="vitrine"}}[{int(since_s)}s]'
        answer = await self.prometheus.get("/api/v1/query", params={"query": query})
        series = answer.json()["data"]["result"]
        return [(float(at), float(value)) for one in series for at, value in one["values"]]


UNANSWERED = frozenset({"TargetDown", "ScrapesFailing"})
"""What is raised while the service does not answer."""


def pace_of(drill: Drill) -> Pace:
    """Return how the rules of a drill run.

    Where the drill itself starts the service again, what says that nobody answers keeps its true
    time: in compressed time a start takes minutes, and `TargetDown` would silence the others.
    """
    return Pace(compressed(in_true_time=UNANSWERED if drill.restarts else ()), lasting=False)


@asynccontextmanager
async def rehearsal(
    drill: Drill,
    home: Path,
    *,
    every_s: int = EVERY_S,
    pace: Pace | None = None,
    long_term: bool | None = None,
) -> AsyncIterator[Rehearsal]:
    """Start the stack of a drill in a new `home`, with healthy traffic, until the block ends.

    It is scraped every `every_s` seconds, with rules at a `pace`, else at the drill's own; there
    is a `long_term` store where asked for, else where the drill is about it. Raises
    `CannotDrillError` where Prometheus or Alertmanager, or a Redis or PostgreSQL that it needs, is
    missing or does not start.
    """
    async with AsyncExitStack() as ending:
        taken = ending.enter_context(sinks())
        models = ending.enter_context(ModelsServer(_answering))
        # A model that the price table does not know is offered all the same.
        models.models.append("house-model")
        if long_term is None:
            long_term = drill.fault == Killed("long-term")
        parts = parts_of(
            drill,
            home,
            taken,
            models,
            every_s=every_s,
            pace=pace or pace_of(drill),
            long_term=long_term,
        )
        env = dict(parts.settings)
        if isinstance(drill.fault, InWorker | Dying):
            postgres = await _postgres(ending, home / "postgres.log")
            env |= {"DATABASE_URL": postgres.url(), **ON_POSTGRES}
        processes = await _started(ending, parts, home, env)
        stack = Rehearsal(
            drill,
            home,
            taken,
            models,
            Traffic(parts.service_url, SKILLS, unsure=bool(drill.asks)),
            await ending.enter_async_context(_client(parts.prometheus.url)),
            await ending.enter_async_context(_client(f"http://{parts.alertmanager.address}")),
            parts.service_url,
            parts.prometheus,
            processes,
            env,
        )
        visitors = asyncio.create_task(stack.traffic.run())
        try:
            yield stack
        finally:
            await stack.kill_no_more()
            visitors.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await visitors


SKILLS = ("python", "pytorch", "sql", "react", "git", "docker", "mlops", "teaching", "nodejs")
"""Of the shipped portfolio, which the service of a drill shows."""


async def _started(
    ending: AsyncExitStack, parts: Parts, home: Path, env: Mapping[str, str]
) -> dict[str, Process]:
    """Start all parts, each when the one before is ready; all are ended in the end."""
    processes = {
        name: Process(command, home / f"{name}.log", _plain())
        for name, command in parts.commands.items()
    }
    for name, process in processes.items():
        await process.start(env if name in OURS else None)
        ending.push_async_callback(process.end)
        if name in parts.pages:
            await answers(parts.pages[name], process)
    return processes


def _plain() -> dict[str, str]:
    """Return the environment of everything that runs, without anybody's settings."""
    return {name: os.environ[name] for name in KEPT if name in os.environ}


def _client(url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, timeout=ANSWERS_WITHIN_S, trust_env=False)


async def _postgres(ending: AsyncExitStack, log: Path) -> PostgresProgram:
    """Run a PostgreSQL until the end, and return it when it takes connections."""
    programs = find_postgres()
    if programs is None:
        raise CannotDrillError(f"PostgreSQL is {NO_POSTGRES}")
    # Not below the drill's home, which nobody but us may enter.
    place = ending.enter_context(TemporaryDirectory(prefix="vitrine-postgres-"))
    server = PostgresProgram(programs, Path(place), free_port(), unprivileged())
    try:
        await asyncio.to_thread(server.prepare)
    except NoPostgresError as problem:
        raise CannotDrillError(str(problem)) from None
    process = Process(server.command(*LIGHT), log, _plain(), server.user)
    await process.start()
    ending.push_async_callback(process.end)

    async def answered() -> bool:
        return await asyncio.to_thread(server.answers)

    await _until(answered, "PostgreSQL", process)
    return server


def _answering(evidence: Mapping[str, Any]) -> dict[str, Any]:
    """Say of every visit that it may be of the first kind, and nothing else."""
    segment = next(iter(evidence["segments"]), "")
    return {
        "visits": [
            {"id": visit["id"], "segment": segment, "certainty": 0.5}
            for visit in evidence.get("visits", ())
        ]
    }


async def answers(page: str, process: Process) -> None:
    """Return when a page answers; raises `CannotDrillError` when its process ends or is silent."""
    async with httpx.AsyncClient(timeout=2.0, trust_env=False) as client:

        async def answered() -> bool:
            with contextlib.suppress(httpx.HTTPError):
                return (await client.get(page)).is_success
            return False

        await _until(answered, page, process)


async def _until(answered: Callable[[], Awaitable[bool]], what: str, process: Process) -> None:
    deadline = time.monotonic() + ANSWERS_WITHIN_S
    while time.monotonic() < deadline and not process.gone:
        if await answered():
            return
        await asyncio.sleep(AGAIN_AFTER_S)
    raise CannotDrillError(f"{what} does not answer; it said last: {process.last_words()}")
