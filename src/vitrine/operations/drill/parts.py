"""What the stack of a drill is made of: programs, what each is told, and who says it is ready."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from vitrine.catalogue.drill import Ballast, Drill, Dying, Fault, InWorker, Killed
from vitrine.domain.failure import Failure
from vitrine.monitoring.alertmanager import Email, Notifications, Slack, Waits
from vitrine.monitoring.rules import Pace
from vitrine.operations.alertmanager import MISSING as NO_ALERTMANAGER
from vitrine.operations.alertmanager import Alertmanager, Secrets, find_alertmanager
from vitrine.operations.cache_server import MISSING as NO_REDIS
from vitrine.operations.cache_server import RedisProgram, find_redis
from vitrine.operations.drill.ballast import LITTLE_SPACE
from vitrine.operations.drill.sinks import HEARTBEAT, SLACK, Sinks
from vitrine.operations.models_server import ModelsServer
from vitrine.operations.prometheus import MISSING as NO_PROMETHEUS
from vitrine.operations.prometheus import LongTerm, Prometheus, find_prometheus
from vitrine.operations.server import free_port
from vitrine.operations.workers.targets import FILE as TARGETS

SEND_AGAIN = "5s"
"""After which Prometheus tells an Alertmanager again that was not there; in life a minute."""
WAITS = Waits(group="100ms", more="200ms", heartbeat_again="1s")
KEY = "a-key-of-the-drill"
TOKEN = "a-token-of-the-drill"  # noqa: S105 - it opens nothing but a service that lives a minute
OWN = {"VITRINE_METRICS_TOKEN": TOKEN}
TWO_OF_THEM = ("--workers", "2")


class CannotDrillError(Failure):
    """A drill cannot be held here; the message says what is missing."""


class Ports(NamedTuple):
    """Where the service and the worker of its jobs answer, on loopback."""

    service: int
    worker: int

    @property
    def service_url(self) -> str:
        return f"http://127.0.0.1:{self.service}"

    @property
    def worker_url(self) -> str:
        return f"http://127.0.0.1:{self.worker}"


@dataclass(frozen=True, slots=True)
class Parts:
    """A stack of which nothing runs yet.

    `commands` are in the order in which they are to be started; `pages` are what answers
    where a part is ready; `settings` are those of the service and of its worker.
    """

    prometheus: Prometheus
    alertmanager: Alertmanager
    commands: Mapping[str, Sequence[str]]
    pages: Mapping[str, str]
    settings: Mapping[str, str]
    service_url: str


def parts_of(
    drill: Drill,
    home: Path,
    taken: Sinks,
    models: ModelsServer,
    *,
    every_s: int,
    pace: Pace,
    long_term: bool,
) -> Parts:
    """Return the parts of a drill's stack, with their configurations written into `home`.

    Raises `CannotDrillError` where a program is missing.
    """
    ports, fault = Ports(free_port(), free_port()), drill.fault
    prometheus, alertmanager = _programs(home, taken)
    alertmanager.configure(WAITS)
    if isinstance(fault, Ballast):
        prometheus = replace(prometheus, space=LITTLE_SPACE)
    store = LongTerm(prometheus.binary, home / "long-term", free_port())
    store.configure()
    prometheus.configure(
        home / "service" / TARGETS if fault == Dying() else f"127.0.0.1:{ports.service}",
        alertmanager.address,
        every_s=every_s,
        pace=pace,
        long_term=store.address if long_term else None,
    )
    commands = {
        **_service(fault, home / "service", ports),
        "alertmanager": alertmanager.command(),
        "prometheus": [*prometheus.command(), f"--rules.alert.resend-delay={SEND_AGAIN}"],
    }
    if long_term:
        commands = {"long-term": store.command(), **commands}
    settings = settings_of(drill, drill.asks, models)
    if fault == Killed("redis"):
        redis = _redis(home)
        settings["REDIS_URL"] = redis.url
        commands = {"redis": redis.command(), **commands}
    pages = {
        "service": f"{ports.service_url}/ready",
        "worker": f"{ports.worker_url}/health",
        "alertmanager": f"http://{alertmanager.address}/-/ready",
        "prometheus": f"{prometheus.url}/-/ready",
        "long-term": f"{store.url}/-/ready",
    }
    return Parts(prometheus, alertmanager, commands, pages, settings, ports.service_url)


def settings_of(drill: Drill, asks: Sequence[str], models: ModelsServer) -> dict[str, str]:
    """Return the settings of a drill's service that asks these providers."""
    providers = {
        "gemini": {"GEMINI_API_KEY": KEY, "GEMINI_BASE_URL": models.url},
        "deepseek": {"DEEPSEEK_API_KEY": f"{KEY}-2", "DEEPSEEK_BASE_URL": f"{models.url}/v1"},
    }
    asked = {name: value for one in asks for name, value in providers[one].items()}
    return {"LLM_DAILY_BUDGET_USD": "100", **asked, **drill.settings, **OWN}


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


def _service(fault: Fault, home: Path, ports: Ports) -> dict[str, list[str]]:
    """Return what runs the service of a drill, and on PostgreSQL the worker of its jobs.

    The worker comes first: a service that finds none looks again only after a while.
    """
    program, place = [sys.executable, "-m"], ["--home", str(home)]
    drilled = [*program, "vitrine.cli.drilled_service", str(home), str(ports.service)]
    match fault:
        case Dying():
            worker = ["worker", *place, "--metrics-port", str(ports.worker)]
            serve = ["serve", *place, "--port", str(ports.service), *TWO_OF_THEM]
            return {
                "worker": [*program, "vitrine", *worker],
                "service": [*program, "vitrine", *serve],
            }
        case InWorker():
            worker = ["vitrine.cli.drilled_worker", str(home), str(ports.worker)]
            return {"worker": [*program, *worker], "service": drilled}
        case _:
            return {"service": drilled}


def _redis(home: Path) -> RedisProgram:
    binary = find_redis()
    if binary is None:
        raise CannotDrillError(f"Redis is {NO_REDIS}")
    place = home / "redis"
    place.mkdir(parents=True)
    return RedisProgram(binary, place, free_port())
