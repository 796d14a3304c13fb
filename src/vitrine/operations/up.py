"""`vitrine up`: a service, its traffic, and a summary that stays on the screen."""

from __future__ import annotations

import asyncio
import contextlib
import math
import os
import signal
import sys
import time
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.live import Live
from rich.markup import escape

from vitrine.monitoring.alertmanager import Notifications
from vitrine.monitoring.links import Links
from vitrine.operations.alertmanager import Alertmanager
from vitrine.operations.listener import Listener
from vitrine.operations.overview import addresses, one_line, overview
from vitrine.operations.prometheus import LongTerm, Prometheus
from vitrine.operations.server import free_port, reached_at
from vitrine.operations.stack import Part, Stack, State
from vitrine.operations.workers.targets import FILE as TARGETS

ANSWERS_WITHIN_S = 120.0
"""On a small machine that does much else; one that ends instead is noticed at once."""
EVERY_S = 1.0
LINE_EVERY_S = 5.0
VISITS_PER_SECOND = 2
FASTER_THAN_LIFE = 10
"""A real visit takes minutes; nobody wants to look at a summary for that long."""


@dataclass(frozen=True, slots=True)
class Show:
    """What to run: with a `log` it is replayed, else visitors are simulated.

    `seconds` ends the show by itself; `home` is the show's own. Where there is no
    `prometheus` or no `alertmanager`, it says why, and everything else runs. `models` says
    which are asked, `told` who hears of alerts, `public_url` where people reach the service
    if not at its own address, `password` what may be said of the console's.
    """

    home: Path
    site: str
    host: str
    port: int
    workers: int
    log: str | None
    speed: float
    seconds: float | None
    prometheus: Prometheus | str
    alertmanager: Alertmanager | str
    long_term: LongTerm | None
    models: str
    told: str
    public_url: str | None
    password: str

    @property
    def address(self) -> str:
        """Where the service is reached from this machine, as host:port."""
        return reached_at(self.host, self.port)

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    @property
    def reached_at(self) -> str:
        """Where people reach the service."""
        return self.public_url or self.url


async def show(plan: Show) -> bool:
    """Run the parts until a signal or the end of the show's time; tell whether it worked.

    The signals are SIGINT, SIGTERM, and SIGHUP: the terminal was closed.
    """
    console = Console()
    messages: deque[str] = deque(maxlen=5)
    listener = Listener(free_port(), messages.append)
    service, *others = _parts(plan, listener)
    stack = Stack([service, *others], plan.home / "logs", messages.append)
    ended = _asked_to_end()
    try:
        stack.start(service)
        if not await _answers(plan, service, ended):
            why = service.last_line or next(reversed(messages), "it says nothing")
            _say(console, f"the service does not answer: {why}")
            return False
        if ended.is_set():
            return True
        for part in others:
            stack.start(part)
        _introduce(console, plan)
        alerting = isinstance(plan.alertmanager, Alertmanager)
        listening = listener.listening() if alerting else contextlib.nullcontext()
        async with listening, _timeout(plan.seconds):
            await _follow(console, plan, stack, messages, ended)
        return True
    finally:
        with contextlib.suppress(OSError):  # nobody may be left to read it
            console.print("ending ...")
        await stack.end()
        _say(console, f"everything has ended; data stays in {plan.home}")


def _asked_to_end() -> asyncio.Event:
    """Return an event that is set when a signal asks for the end."""
    ended = asyncio.Event()

    def hung_up() -> None:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for gone in (sys.stdout, sys.stderr):
            os.dup2(nowhere, gone.fileno())
        os.close(nowhere)
        ended.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    loop.add_signal_handler(signal.SIGHUP, hung_up)
    return ended


def _say(console: Console, line: str) -> None:
    """Print a line as it is, however long."""
    console.print(line, markup=False, highlight=False, soft_wrap=True)


def _parts(plan: Show, listener: Listener) -> list[Part]:
    """Return the service, and what starts when it answers."""
    vitrine = [sys.executable, "-m", "vitrine"]
    site = ["--site", plan.site]
    home = ["--home", str(plan.home), *site]
    serve = ["serve", "--host", plan.host, "--port", str(plan.port), *home]
    parts = [Part("service", [*vitrine, *serve], env=_addresses(plan))]
    target: str | Path = plan.address
    if plan.workers > 1:
        target = plan.home / TARGETS
        parts[0].command = [*vitrine, *serve, "--workers", str(plan.workers)]
        worker = ["worker", "--metrics-port", str(free_port()), *home]
        parts.append(Part("worker", [*vitrine, *worker], env=_addresses(plan)))
    if isinstance(plan.prometheus, Prometheus):
        beside, store, links = plan.alertmanager, plan.long_term, Links(plan.reached_at)
        if store is not None:
            store.configure()
            parts.append(Part("long-term", store.command()))
        kept_at = store.address if store else None
        if isinstance(beside, Alertmanager):
            beside = replace(beside, told=_with_listener(beside.told, listener))
            beside.configure()
            parts.append(Part("alertmanager", beside.command()))
        alerting = beside.address if isinstance(beside, Alertmanager) else None
        plan.prometheus.configure(target, alerting, links=links, long_term=kept_at)
        parts.append(Part("prometheus", plan.prometheus.command()))
    if plan.log is None:
        pace = ["--rate", str(VISITS_PER_SECOND), "--speed", str(FASTER_THAN_LIFE)]
        simulate = ["simulate", "--url", plan.url, "--forever", *pace]
        return [*parts, Part("simulation", [*vitrine, *simulate, *site])]
    replay = ["replay", "--url", plan.url, "--speed", str(plan.speed), *site, "--", plan.log]
    return [*parts, Part("replay", [*vitrine, *replay], lasting=False)]


def _with_listener(told: Notifications, listener: Listener) -> Notifications:
    """Return who is told when somebody sits at the terminal, too."""
    return replace(
        told,
        alerts_urls=(listener.alerts_url, *told.alerts_urls),
        heartbeat_urls=(listener.heartbeat_url, *told.heartbeat_urls),
    )


def _addresses(plan: Show) -> dict[str, str]:
    """Return the settings that tell the service where it and the other parts are reached."""
    beside = {
        "VITRINE_PROMETHEUS_URL": plan.prometheus,
        "VITRINE_ALERTMANAGER_URL": plan.alertmanager,
    }
    found = {name: part.url for name, part in beside.items() if not isinstance(part, str)}
    return {"VITRINE_PUBLIC_URL": plan.reached_at, **found}


async def _answers(plan: Show, service: Part, ended: asyncio.Event) -> bool:
    deadline = time.monotonic() + ANSWERS_WITHIN_S
    async with httpx.AsyncClient(base_url=plan.url, timeout=1.0, trust_env=False) as client:
        while time.monotonic() < deadline and not ended.is_set():
            if service.state is State.GIVEN_UP:
                return False
            with contextlib.suppress(httpx.HTTPError):
                if (await client.get("/ready")).is_success:
                    return True
            await asyncio.sleep(0.1)
    return ended.is_set()


def _introduce(console: Console, plan: Show) -> None:
    if plan.log is None:
        site = escape(plan.site)
        console.print(f"Visitors of [bold]{site}[/] are simulated: made up, not real people.")
    else:
        pace = f"{plan.speed:g} times as fast" if plan.speed < math.inf else "as fast as it goes"
        console.print(f"Replaying [bold]{escape(plan.log)}[/], {pace}.")
    console.print(addresses(_beside(plan)), style="dim")
    console.print("\n[bold]Open in a browser[/] (Ctrl-C ends everything):")
    console.print(addresses(_to_open(plan)))
    console.print()


def _beside(plan: Show) -> list[tuple[str, str]]:
    """Return what an operator may want to know of the parts, and where programs ask."""
    store, told = plan.long_term, plan.alertmanager
    return [
        ("models", plan.models),
        ("alerts go to", plan.told),
        ("Alertmanager", told if isinstance(told, str) else told.url),
        *([("long-term store", store.url)] if store else []),
        ("OpenAPI", f"{plan.url}/openapi.json"),
        ("metrics", f"{plan.url}/metrics"),
        ("logs", str(plan.home / "logs")),
    ]


def _to_open(plan: Show) -> list[tuple[str, str]]:
    """Return the pages for people."""
    prometheus = plan.prometheus
    return [
        ("site", f"{plan.url}/"),
        ("your own visit", f"{plan.url}/visitor"),
        ("console", f"{plan.url}/console"),
        ("  its password", plan.password),
        ("Prometheus", prometheus if isinstance(prometheus, str) else prometheus.page),
    ]


async def _follow(
    console: Console, plan: Show, stack: Stack, messages: deque[str], ended: asyncio.Event
) -> None:
    token = (plan.home / "admin-token").read_text()
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(
        base_url=plan.url, headers=headers, timeout=2.0, trust_env=False
    ) as client:
        if not console.is_terminal:
            await _print_lines(client, messages, ended)
            return
        with Live(console=console, refresh_per_second=4) as live:
            while not ended.is_set():
                live.update(overview(await _summary(client), stack.parts, messages))
                await _pause(ended, EVERY_S)


async def _print_lines(
    client: httpx.AsyncClient, messages: deque[str], ended: asyncio.Event
) -> None:
    while not ended.is_set():
        await _pause(ended, LINE_EVERY_S)
        while messages:
            print(messages.popleft(), flush=True)  # noqa: T201 - this is the program's output
        print(one_line(await _summary(client)), flush=True)  # noqa: T201


async def _summary(client: httpx.AsyncClient) -> dict[str, Any]:
    try:
        answer = await client.get("/api/admin/summary")
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
    except httpx.HTTPError:
        return {}
    return found


async def _pause(ended: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await ended.wait()


@contextlib.asynccontextmanager
async def _timeout(seconds: float | None) -> AsyncIterator[None]:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            yield
