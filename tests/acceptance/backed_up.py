"""A service with two tiers of Prometheus that is backed up, and archives that somebody changed."""

from __future__ import annotations

import io
import json
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from tests.acceptance.grafana import Grafana
from tests.acceptance.live import LiveService, vitrine
from tests.acceptance.prometheus import WITHIN_S, PrometheusApi, running, wait_for
from vitrine.adapters.alertmanager_api import AlertmanagerApi
from vitrine.adapters.http_api import ApiError
from vitrine.monitoring.alertmanager import Email, Notifications
from vitrine.operations.alertmanager import MISSING, Alertmanager, Secrets, find_alertmanager
from vitrine.operations.prometheus import Prometheus, find_prometheus
from vitrine.operations.server import free_port

EVERY_S = 2
SCRAPES = 4
"""What is younger than five seconds is in a backup, but is not compared."""
CALLS_AN_EVENT = 5


class Stack(NamedTuple):
    """A service, what watches it, and a Grafana of the test's own."""

    service: LiveService
    prometheus: PrometheusApi
    store: PrometheusApi
    grafana: Grafana
    alertmanager: AlertmanagerApi
    place: Path

    def backup(self, directory: Path, *words: str | Path, **env: str) -> tuple[int, str, str]:
        """Make a backup as an owner types it."""
        parts = {"VITRINE_PROMETHEUS_URL": self.prometheus.url, "GRAFANA_URL": self.grafana.url}
        parts["VITRINE_ALERTMANAGER_URL"] = self.alertmanager.url
        home = ("--home", self.service.home)
        return vitrine("backup", directory, *home, *words, stdin=None, **parts, **env)


def click(client: httpx.Client, number: int) -> None:
    """Have one of many visitors click now and then, so that events flow."""
    if number % CALLS_AN_EVENT:
        return
    event = {
        "event_name": "project_click",
        "user_pseudo_id": f"visitor-{number % 50}",
        "event_params": {"project_id": "vision-api"},
    }
    client.post("/api/events", json=event)


def old_enough(prometheus: PrometheusApi, series: str) -> bool:
    found = prometheus.query(f"max(count_over_time({series}[1m]))")
    return bool(found) and found[0].value >= SCRAPES


def learn_of_ada(service: LiveService) -> None:
    """Have a visitor do what makes her segment sure."""
    with service.client() as client:
        for project in ("vision-api", "forecast-lab", "paper-trail"):
            event = {
                "event_name": "project_click",
                "user_pseudo_id": "ada",
                "event_params": {"project_id": project},
            }
            client.post("/api/events", json=event).raise_for_status()


def rebuilt(archive: Path, to: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """Write an archive anew by a liar, who names in the manifest what is in it now."""
    with tarfile.open(archive) as tar:
        members = {one.name: tar.extractfile(one).read() for one in tar}  # type: ignore[union-attr]
    manifest = json.loads(members.pop("manifest.json"))
    change(members)
    manifest["members"] = {
        name: member for name, member in manifest["members"].items() if name in members
    }
    members["manifest.json"] = json.dumps(manifest).encode()
    with tarfile.open(to, "w:gz") as tar:
        for name, content in members.items():
            header = tarfile.TarInfo(name)
            header.size = len(content)
            tar.addfile(header, io.BytesIO(content))
    return to


@contextmanager
def alertmanager_at(home: Path) -> Iterator[AlertmanagerApi]:
    """Run an Alertmanager that tells nobody."""
    binary = find_alertmanager()
    assert binary is not None, MISSING
    nobody = Notifications(None, Email("ada@example.com", "us@example.com", "127.0.0.1", 1), ())
    program = Alertmanager(binary, home, free_port(), nobody, Secrets())
    program.configure()
    with subprocess.Popen(program.command(), stderr=subprocess.DEVNULL) as process:
        api = AlertmanagerApi(program.url, within_s=WITHIN_S)
        try:
            wait_for(lambda: there(api), "an answer of Alertmanager")
            yield api
        finally:
            process.terminate()


def there(alertmanager: AlertmanagerApi) -> bool:
    with suppress(ApiError):
        return alertmanager.ask("/-/ready").is_success
    return False


def silence_for(hours: float, comment: str) -> dict[str, Any]:
    now = datetime.now(UTC)
    matcher = {"name": "alertname", "value": "HighLatency", "isRegex": False, "isEqual": True}
    return {
        "matchers": [matcher],
        "startsAt": now.isoformat(),
        "endsAt": (now + timedelta(hours=hours)).isoformat(),
        "createdBy": "ada",
        "comment": comment,
    }


def prometheus_of(home: Path) -> AbstractContextManager[PrometheusApi]:
    """Run a Prometheus on a restored home, where `vitrine up` would."""
    binary = find_prometheus()
    assert binary is not None
    program = Prometheus(binary, home / "prometheus", free_port(), "")
    program.configure("127.0.0.1:1")
    return running(program, home / "prometheus.log")
