"""The drill of false alarms: whatever is healthy is done, and nothing may fire."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from vitrine.catalogue.alert import Severity
from vitrine.catalogue.drills import HEALTHY
from vitrine.monitoring.compressed import compressed
from vitrine.monitoring.rules import Pace
from vitrine.operations.drill.rehearsal import ANSWERS_WITHIN_S, Rehearsal, rehearsal

SHORT_S = 150.0
SHORTEST_WINDOW_S = 60.0
"""In this compressed time a restart of six seconds is one of a minute, as a real one may be."""
FIRST_WITHIN_S = 60.0
LEAST_EVALUATIONS = 40
TRUE_SCRAPE_S = 15
EVALUATED = (
    "min(prometheus_rule_group_iterations_total - prometheus_rule_group_iterations_missed_total)"
)
LOOK_EVERY_S = 0.5
SECOND_PROVIDER = ("deepseek",)


@dataclass(slots=True)
class Health:
    """How it went: `fired` should be nobody but the watchdog, `unhealthy` rules none."""

    seconds: float
    evaluations: int = 0
    fired: set[str] = field(default_factory=set)
    unhealthy: list[str] = field(default_factory=list)
    not_called: list[str] = field(default_factory=list)

    @property
    def problems(self) -> list[str]:
        """What a person should know; nothing where all is well."""
        few = self.evaluations < LEAST_EVALUATIONS
        return [
            *(f"{name} fired, although nothing was wrong" for name in sorted(self.fired)),
            *(f"a rule is not healthy: {rule}" for rule in self.unhealthy),
            *(f"{path} was not called" for path in self.not_called),
            *([f"some rules were evaluated only {self.evaluations} times"] if few else []),
        ]


async def stay_healthy(home: Path, seconds: float | None, say: Callable[[str], None]) -> Health:
    """Do what is healthy for so many seconds in true time; a short while in compressed time.

    Half of the time is traffic with one provider, then the service is started again with the
    other; a quarter of it is without visitors. Everything that can be called is called.
    """
    true = seconds is not None
    pace = Pace(own=False) if true else Pace(compressed(SHORTEST_WINDOW_S), own=False)
    every_s = TRUE_SCRAPE_S if true else 1
    health = Health(seconds or SHORT_S)
    async with rehearsal(HEALTHY, home, every_s=every_s, pace=pace, long_term=True) as stack:
        await _first_scrape(stack)
        async with _doing(_watch(stack, health)), _doing(_call_everything(stack, health)):
            say("visitors, and Gemini answers")
            await asyncio.sleep(health.seconds / 2)
            say("the service is started again; DeepSeek answers")
            await stack.restart_service(SECOND_PROVIDER)
            await asyncio.sleep(health.seconds / 4)
            say("no visitor comes")
            stack.traffic.resting = True
            await asyncio.sleep(health.seconds / 4)
        await _judge_rules(stack, health)
    return health


@asynccontextmanager
async def _doing(work: Any) -> AsyncIterator[None]:
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def _first_scrape(stack: Rehearsal) -> None:
    """Return when the service was scraped: before that it is said to be down, and it is."""
    async with asyncio.timeout(FIRST_WITHIN_S):
        while not await stack.scrapes(FIRST_WITHIN_S):  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(LOOK_EVERY_S)


async def _watch(stack: Rehearsal, health: Health) -> None:
    while True:
        with contextlib.suppress(httpx.HTTPError, KeyError):
            health.fired |= {
                alert["labels"]["alertname"]
                for alert in await stack.alerts()
                if alert["state"] == "firing" and alert["labels"]["severity"] != Severity.HEARTBEAT
            }
        await asyncio.sleep(LOOK_EVERY_S)


async def _call_everything(stack: Rehearsal, health: Health) -> None:
    """Call every path that can be read, as the service's own document names them."""
    token = (stack.home / "service" / "admin-token").read_text()
    headers = {"authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(
        base_url=stack.service_url, headers=headers, timeout=ANSWERS_WITHIN_S, trust_env=False
    ) as client:
        paths = await _readable(client)
        health.not_called = list(paths)
        while True:
            for path in paths:
                with contextlib.suppress(httpx.HTTPError):  # it is being started again
                    answer = await client.get(path)
                    if answer.status_code < 500 and path in health.not_called:
                        health.not_called.remove(path)
                await asyncio.sleep(LOOK_EVERY_S / 5)


async def _readable(client: httpx.AsyncClient) -> list[str]:
    document: Mapping[str, Any] = (await client.get("/openapi.json")).json()
    return [
        path
        for path, methods in document["paths"].items()
        if "get" in methods and "{" not in path and not path.startswith("/metrics")
    ]


async def _judge_rules(stack: Rehearsal, health: Health) -> None:
    groups = (await stack.prometheus.get("/api/v1/rules")).json()["data"]["groups"]
    health.unhealthy = [
        f"{rule['name']}: {rule.get('lastError', '')}"
        for group in groups
        for rule in group["rules"]
        if rule["health"] != "ok"
    ]
    answer = await stack.prometheus.get("/api/v1/query", params={"query": EVALUATED})
    found = answer.json()["data"]["result"]
    health.evaluations = int(float(found[0]["value"][1])) if found else 0
