"""The stack of one drill: a service, Prometheus, Alertmanager, visitors, and who is told."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from vitrine.catalogue.drill import (
    Ballast,
    Drill,
    Dying,
    Fault,
    InService,
    InWorker,
    Killed,
    OtherSettings,
    Pages,
    Providers,
)
from vitrine.domain.failure import Failure
from vitrine.monitoring.alertmanager import Email, Notifications, Slack, Waits
from vitrine.monitoring.compressed import compressed
from vitrine.monitoring.rules import Pace
from vitrine.operations.alertmanager import MISSING as NO_ALERTMANAGER
from vitrine.operations.alertmanager import Alertmanager, Secrets, find_alertmanager
from vitrine.operations.cache_server import MISSING as NO_REDIS
from vitrine.operations.cache_server import RedisProgram, find_redis
from vitrine.operations.drill.ballast import LITTLE_SPACE, drop_ballast, store_ballast
from vitrine.operations.drill.dying import kill_in_turn
from vitrine.operations.drill.processes import Process
from vitrine.operations.drill.sinks import HEARTBEAT, SLACK, Sinks, sinks
from vitrine.operations.drill.traffic import EVENT, Traffic
from vitrine.operations.models_server import Behaviour, ModelsServer
from vitrine.operations.postgres_server import MISSING as NO_POSTGRES
from vitrine.operations.postgres_server import (
    NoPostgresError,
    PostgresProgram,
    find_postgres,
    unprivileged,
)
from vitrine.operations.prometheus import MISSING as NO_PROMETHEUS
from vitrine.operations.prometheus import LongTerm, Prometheus, find_prometheus
from vitrine.operations.server import free_port
from vitrine.operations.workers.targets import FILE as TARGETS

EVERY_S = 1
ANSWERS_WITHIN_S = 60.0
AGAIN_AFTER_S = 0.1
SEND_AGAIN = "5s"
"""After which Prometheus tells an Alertmanager again that was not there; in life a minute."""
WAITS = Waits(group="100ms", more="200ms", heartbeat_again="1s")
KEY = "a-key-of-the-drill"
TOKEN = "a-token-of-the-drill"  # noqa: S105 - it opens nothing but a service that lives a minute
OWN = {"VITRINE_METRICS_TOKEN": TOKEN}
KEPT = ("PATH", "HOME", "LANG")
OURS = ("service", "worker")
"""The processes that are given settings."""
TWO_OF_THEM = ("--workers", "2")
ON_POSTGRES = {"DB_POOL_SIZE": "10", "VITRINE_DECISION_DEADLINE_MS": "5000"}
"""Connections for three processes, and time for their first reads on cores that much else shares:
what comes late counts as a failure of the store."""
LIGHT = ("fsync=off", "shared_buffers=16MB")
"""A PostgreSQL whose data nobody will want."""


class CannotDrillError(Failure):
    """A drill cannot be held here; the message says what is missing."""


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
        self.env = {**_models_settings(asks, self.models), **self.drill.settings, **OWN}
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


DRILL_PACE = Pace(compressed(), lasting=False)


@asynccontextmanager
async def rehearsal(
    drill: Drill,
    home: Path,
    *,
    every_s: int = EVERY_S,
    pace: Pace = DRILL_PACE,
    long_term: bool | None = None,
) -> AsyncIterator[Rehearsal]:
    """Start the stack of a drill in a new `home`, with healthy traffic, until the block ends.

    It is scraped every `every_s` seconds, with rules at a `pace`; there is a `long_term` store
    where asked for, else where the drill is about it. Raises `CannotDrillError` where
    Prometheus or Alertmanager, or a Redis or PostgreSQL that it needs, is missing or does not
    start.
    """
    async with AsyncExitStack() as ending:
        taken = ending.enter_context(sinks())
        models = ending.enter_context(ModelsServer(_answering))
        # A model that the price table does not know is offered all the same.
        models.models.append("house-model")
        port, worker_port = free_port(), free_port()
        url = f"http://127.0.0.1:{port}"
        env = {**_models_settings(drill.asks, models), **drill.settings, **OWN}
        prometheus, alertmanager = _programs(home, taken)
        alertmanager.configure(WAITS)
        if isinstance(drill.fault, Ballast):
            prometheus = replace(prometheus, space=LITTLE_SPACE)
        with_store = drill.fault == Killed("long-term") if long_term is None else long_term
        store = LongTerm(prometheus.binary, home / "long-term", free_port())
        store.configure()
        prometheus.configure(
            home / "service" / TARGETS if drill.fault == Dying() else f"127.0.0.1:{port}",
            alertmanager.address,
            every_s=every_s,
            pace=pace,
            long_term=store.address if with_store else None,
        )
        commands = {
            **_service(drill.fault, home / "service", port, worker_port),
            "alertmanager": alertmanager.command(),
            "prometheus": [*prometheus.command(), f"--rules.alert.resend-delay={SEND_AGAIN}"],
        }
        if with_store:
            commands = {"long-term": store.command(), **commands}
        if drill.fault == Killed("redis"):
            redis = _redis(home)
            env["REDIS_URL"] = redis.url
            commands = {"redis": redis.command(), **commands}
        plain = {name: os.environ[name] for name in KEPT if name in os.environ}
        processes = {
            name: Process(command, home / f"{name}.log", plain)
            for name, command in commands.items()
        }
        if isinstance(drill.fault, InWorker | Dying):
            postgres = await _postgres(ending, home / "postgres.log", plain)
            env |= {"DATABASE_URL": postgres.url(), **ON_POSTGRES}
        pages = {
            "service": f"{url}/ready",
            "worker": f"http://127.0.0.1:{worker_port}/health",
            "alertmanager": f"http://{alertmanager.address}/-/ready",
            "prometheus": f"{prometheus.url}/-/ready",
            "long-term": f"{store.url}/-/ready",
        }
        for name, process in processes.items():
            await process.start(env if name in OURS else None)
            ending.push_async_callback(process.end)
            if name in pages:
                await answers(pages[name], process)
        stack = Rehearsal(
            drill,
            home,
            taken,
            models,
            Traffic(url, SKILLS, unsure=bool(drill.asks)),
            await ending.enter_async_context(_client(prometheus.url)),
            await ending.enter_async_context(_client(f"http://{alertmanager.address}")),
            url,
            prometheus,
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


def _client(url: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=url, timeout=ANSWERS_WITHIN_S, trust_env=False)


def _programs(home: Path, taken: Sinks) -> tuple[Prometheus, Alertmanager]:
    prometheus, alertmanager = find_prometheus(), find_alertmanager()
    if prometheus is None:
        raise CannotDrillError(f"Prometheus is {NO_PROMETHEUS}")
    if alertmanager is None:
        raise CannotDrillError(f"Alertmanager is {NO_ALERTMANAGER}")
    told = Notifications(
        Slack(Path("unset"), "#alerts"),
        Email("owner@example.com", "vitrine@example.com", "127.0.0.1", taken.smtp_port),
        (f"{taken.url}/{HEARTBEAT}",),
    )
    secrets = Secrets(slack_webhook=f"{taken.url}/{SLACK}")
    return (
        Prometheus(prometheus, home / "prometheus", free_port(), TOKEN),
        Alertmanager(alertmanager, home / "alertmanager", free_port(), told, secrets),
    )


def _service(fault: Fault, home: Path, port: int, worker_port: int) -> dict[str, list[str]]:
    """Return what runs the service of a drill, and on PostgreSQL the worker of its jobs.

    The worker comes first: a service that finds none looks again only after a while.
    """
    program, place = [sys.executable, "-m"], ["--home", str(home)]
    drilled = [*program, "vitrine.cli.drilled_service", str(home), str(port)]
    match fault:
        case Dying():
            worker = ["worker", *place, "--metrics-port", str(worker_port)]
            serve = ["serve", *place, "--port", str(port), *TWO_OF_THEM]
            return {
                "worker": [*program, "vitrine", *worker],
                "service": [*program, "vitrine", *serve],
            }
        case InWorker():
            worker = ["vitrine.cli.drilled_worker", str(home), str(worker_port)]
            return {"worker": [*program, *worker], "service": drilled}
        case _:
            return {"service": drilled}


async def _postgres(ending: AsyncExitStack, log: Path, env: Mapping[str, str]) -> PostgresProgram:
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
    process = Process(server.command(*LIGHT), log, env, server.user)
    await process.start()
    ending.push_async_callback(process.end)

    async def answered() -> bool:
        return await asyncio.to_thread(server.answers)

    await _until(answered, "PostgreSQL", process)
    return server


def _redis(home: Path) -> RedisProgram:
    binary = find_redis()
    if binary is None:
        raise CannotDrillError(f"Redis is {NO_REDIS}")
    place = home / "redis"
    place.mkdir(parents=True)
    return RedisProgram(binary, place, free_port())


def _models_settings(asks: Sequence[str], models: ModelsServer) -> dict[str, str]:
    settings = {
        "gemini": {"GEMINI_API_KEY": KEY, "GEMINI_BASE_URL": models.url},
        "deepseek": {"DEEPSEEK_API_KEY": f"{KEY}-2", "DEEPSEEK_BASE_URL": f"{models.url}/v1"},
    }
    asked = {name: value for one in asks for name, value in settings[one].items()}
    return {"LLM_DAILY_BUDGET_USD": "100", **asked}


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
