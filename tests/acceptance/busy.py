"""A busy service with models, watched by a real Prometheus and a real Alertmanager."""

from __future__ import annotations

import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.acceptance.live import ENDS_WITHIN_S, LiveService
from tests.acceptance.prometheus import INSTALL, LivePrometheus, PrometheusApi, Sample, wait_for
from tests.acceptance.test_model_service import recruiters, settings
from tests.acceptance.test_queries import everything
from tests.acceptance.visitors import visitors
from tests.redis_server import running_redis
from vitrine.monitoring.alertmanager import Notifications
from vitrine.monitoring.prometheus import PROMETHEUS, Scrape, prometheus_yml
from vitrine.monitoring.rules import Pace, rule_files
from vitrine.operations.alertmanager import HOST, Alertmanager, Secrets, find_alertmanager
from vitrine.operations.models_server import Behaviour, ModelsServer
from vitrine.operations.server import free_port

CALM_S = 1.0
"""Visitors come so often once there is something to see: the browser needs the processor."""
SCRAPE_S = 2
HELD_S = 0.3
"""A statement that waits so long for another program is a slow one."""


@dataclass(frozen=True)
class Busy:
    """A service in traffic, those who watch it, and a second one that nobody visits."""

    service: LiveService
    quiet: LiveService
    prometheus: LivePrometheus
    alertmanager: PrometheusApi

    @property
    def password(self) -> str:
        return (self.service.home / "admin-password").read_text()


@contextmanager
def busy(root: Path) -> Iterator[Busy]:
    """Run all of it; returns when whatever a dashboard shows has happened."""
    port = free_port()
    with ExitStack() as ending:
        silencing = ending.enter_context(alertmanager(root / "alertmanager"))
        models = ending.enter_context(ModelsServer(recruiters))
        models.behave("gemini", Behaviour.PROSE)
        watched = {
            "VITRINE_PROMETHEUS_URL": f"http://127.0.0.1:{port}",
            "VITRINE_ALERTMANAGER_URL": silencing.url,
        }
        nobody = {
            "VITRINE_PROMETHEUS_URL": "http://127.0.0.1:1",
            "VITRINE_ALERTMANAGER_URL": "http://127.0.0.1:1",
        }
        redis = ending.enter_context(running_redis(root / "redis"))
        service = LiveService(root / "home", **settings(models), **watched, REDIS_URL=redis.url)
        ending.callback(service.end)
        quiet = LiveService(root / "quiet", **nobody)
        ending.callback(quiet.end)
        configuration = _configuration(root, port, service, quiet)
        prometheus = LivePrometheus(root / "prometheus", configuration, port)
        ending.callback(prometheus.end)
        with visitors(service, everything):
            prometheus.data("objective:deepseek_latency_bad:ratio_rate3d")
            wait_for(lambda: _slowed(service, prometheus), "a slow statement")
            prometheus.data("increase(llm_fallbacks_total[1m]) > 0")
        with visitors(service, everything, CALM_S):
            yield Busy(service, quiet, prometheus, silencing)


@contextmanager
def alertmanager(home: Path) -> Iterator[PrometheusApi]:
    """Run an Alertmanager that tells nobody."""
    binary = find_alertmanager()
    assert binary is not None, INSTALL
    home.mkdir()
    (home / "alertmanager.yml").write_text("route: {receiver: none}\nreceivers: [{name: none}]\n")
    program = Alertmanager(binary, home, free_port(), Notifications(), Secrets())
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(program.command(), stdout=log, stderr=subprocess.STDOUT)
    try:
        api = PrometheusApi(f"http://{HOST}:{program.port}")
        wait_for(api.ready, "an Alertmanager that answers")
        yield api
    finally:
        process.terminate()
        process.wait(ENDS_WITHIN_S)


def _configuration(root: Path, port: int, *services: LiveService) -> str:
    rules = rule_files(Pace(own=False))
    for name, text in rules.items():
        (root / name).write_text(text)
    scrapes = [
        Scrape(job, f"127.0.0.1:{service.port}", service.home / "metrics-token")
        for job, service in zip(("vitrine", "quiet"), services, strict=True)
    ]
    itself = Scrape(PROMETHEUS, f"127.0.0.1:{port}")
    return prometheus_yml([*scrapes, itself], SCRAPE_S, [str(root / name) for name in rules])


def _slowed(service: LiveService, prometheus: LivePrometheus) -> list[Sample]:
    """Keep the service from writing for a moment; return what Prometheus has seen of it so far."""
    with closing(sqlite3.connect(service.home / "vitrine.db", isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        threading.Event().wait(HELD_S)
        holder.execute("ROLLBACK")
    return prometheus.query("increase(db_slow_statements_total[1m]) > 0")


def decided(service: LiveService, visitor: str) -> str:
    """Make a visitor whose segment is decided, who is not held out; return the id."""
    with service.client() as client:
        for number in range(50):
            name = f"{visitor}-{number}"
            did: list[dict[str, Any]] = [
                {"event_name": "download_resume"},
                {"event_name": "contact_intent", "event_params": {"channel": "email"}},
                {"event_name": "section_view", "event_params": {"section_id": "career"}},
            ]
            events = [{**event, "user_pseudo_id": name} for event in did]
            answer = client.post("/api/events", json={"events": events}).json()
            if answer["personalization"]["variant"] == "personalized":
                return name
    raise AssertionError("everybody is held out")


def answered(service: LiveService, visitor: str) -> dict[str, object]:
    """Return what a visitor is shown."""
    with service.client() as client:
        answer: httpx.Response = client.get("/api/personalization", params={"user_id": visitor})
    found: dict[str, object] = answer.json()
    return found
