"""`docker-compose.monitoring.yml`, for docker-compose 1.29.2 and `docker compose` alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from vitrine.monitoring.containers import (
    ALERTMANAGER_AT,
    ALERTMANAGER_CONFIG,
    ARCHIVE_IN,
    CONFINED,
    DASHBOARDS_IN,
    DATA_AT,
    GRAFANA,
    GRAFANA_AT,
    GRAFANA_PASSWORD,
    GRAFANA_SETTINGS,
    HEALTH,
    IMAGES,
    METRICS_TOKEN,
    OWN_IN,
    PORTS,
    PROMETHEUS_AT,
    PROVISIONING,
    SLACK_WEBHOOK,
    SMTP_PASSWORD,
    TEMPLATE_FILE,
    command_of,
)
from vitrine.monitoring.grafana import ARCHIVE_AT, DASHBOARDS_AT, OWN_AT
from vitrine.monitoring.prometheus import ALERTMANAGER, LONG_TERM, PROMETHEUS
from vitrine.monitoring.yml import documents, head

COMPOSE_FILE = Path("docker-compose.monitoring.yml")
HOST_FILE = Path("docker-compose.host.yml")
HOST_NAME = "host.docker.internal"
"""What containers call the machine that they run on."""
CONTAINER = "portfolio_backend"
"""What the guide calls the container of the service."""
NOTES = (
    "Prometheus, a store for a year, Alertmanager and Grafana (docs/deployment.md):",
    "",
    "  vitrine secrets compose          # makes deploy/secrets/, without which nothing starts",
    "  docker-compose -f docker-compose.yml -f docker-compose.monitoring.yml up -d",
    "",
    f"For a service on this machine instead of one in a container, name {HOST_FILE}",
    "in the place of the first file.",
    "",
    "Another version of an image: name it in a file of your own (services: grafana: image: ...),",
    "and give that with a second -f. Ports are moved likewise (docs/deployment.md).",
)
HOST_NOTES = (
    "For a service that runs on this machine, outside of containers, and listens where they",
    "reach it (docs/deployment.md):",
    "",
    "  vitrine serve --host 0.0.0.0",
    f"  docker-compose -f {COMPOSE_FILE} -f {HOST_FILE} up -d",
)
OUTSIDE, STORE = "monitoring", "store"
MEMORY = {PROMETHEUS: "1g", LONG_TERM: "512m", ALERTMANAGER: "128m", GRAFANA: "512m"}
ENDS_WITHIN = {PROMETHEUS: "1m", LONG_TERM: "1m", ALERTMANAGER: "10s", GRAFANA: "30s"}

Secrets = Mapping[Path, Path]


def compose_yml() -> str:
    """Return the file; secrets are mounted one by one, so that a missing one stops the start.

    A missing secret file is an error in either Compose; a missing bind mount would be made as
    an empty directory of root's.
    """
    content = {
        "services": {
            PROMETHEUS: _prometheus(),
            LONG_TERM: _long_term(),
            ALERTMANAGER: _alertmanager(),
            GRAFANA: _grafana(),
        },
        "networks": {OUTSIDE: {}, STORE: {"internal": True}},
        "volumes": {f"{name}-data": {} for name in PORTS},
        "secrets": {
            _secret_name(path): {"file": f"./{path}"}
            for path in (
                METRICS_TOKEN,
                ALERTMANAGER_CONFIG,
                SLACK_WEBHOOK,
                SMTP_PASSWORD,
                GRAFANA_PASSWORD,
            )
        },
    }
    return head(*NOTES) + documents(content)


def host_yml() -> str:
    """Return what has Prometheus find the service on the machine under its container's name."""
    hosts = [f"{CONTAINER}:host-gateway"]
    return head(*HOST_NOTES) + documents({"services": {PROMETHEUS: {"extra_hosts": hosts}}})


def _prometheus() -> dict[str, Any]:
    mounts = [
        f"./prometheus.yml:{PROMETHEUS_AT}/prometheus.yml:ro",
        f"./deploy/prometheus:{PROMETHEUS_AT}/deploy/prometheus:ro",
    ]
    return {
        **_service(PROMETHEUS, mounts, {METRICS_TOKEN: PROMETHEUS_AT / METRICS_TOKEN}),
        "networks": [OUTSIDE, STORE],
    }


def _long_term() -> dict[str, Any]:
    """Return the store: whoever reached it could write into it, so only Prometheus does."""
    mounts = [f"./deploy/prometheus:{PROMETHEUS_AT}/deploy/prometheus:ro"]
    return {**_service(LONG_TERM, mounts, {}, published=False), "networks": [STORE]}


def _alertmanager() -> dict[str, Any]:
    template = TEMPLATE_FILE.parent
    secrets = {
        ALERTMANAGER_CONFIG: ALERTMANAGER_AT / "alertmanager.yml",
        SLACK_WEBHOOK: ALERTMANAGER_AT / SLACK_WEBHOOK,
        SMTP_PASSWORD: ALERTMANAGER_AT / SMTP_PASSWORD,
    }
    return {
        **_service(ALERTMANAGER, [f"./{template}:{ALERTMANAGER_AT / template}:ro"], secrets),
        "extra_hosts": [f"{HOST_NAME}:host-gateway"],
        "networks": [OUTSIDE],
    }


def _grafana() -> dict[str, Any]:
    provisioned = (path.parent.relative_to("deploy/grafana") for path in PROVISIONING)
    folders = {DASHBOARDS_IN: DASHBOARDS_AT, OWN_IN: OWN_AT, ARCHIVE_IN: ARCHIVE_AT}
    mounts = [
        *(f"./deploy/grafana/{path}:{GRAFANA_AT / path}:ro" for path in provisioned),
        *(f"./{path}:{at}:ro" for path, at in folders.items()),
    ]
    return {
        **_service(GRAFANA, mounts, {GRAFANA_PASSWORD: GRAFANA_AT / GRAFANA_PASSWORD}),
        "environment": GRAFANA_SETTINGS,
        "networks": [OUTSIDE],
    }


def _service(
    name: str, mounts: Sequence[str], secrets: Secrets, *, published: bool = True
) -> dict[str, Any]:
    """Return what all have: a program that may write into its volume and nowhere else."""
    port = PORTS[name]
    command = command_of(name)
    address = f"http://127.0.0.1:{port}{HEALTH[name]}"
    return {
        "image": IMAGES[name],
        "container_name": name,
        "restart": "unless-stopped",
        **({"command": command} if command else {}),
        **({"ports": [f"127.0.0.1:{port}:{port}"]} if published else {}),
        "volumes": [*mounts, f"{name}-data:{DATA_AT[name]}"],
        **({"secrets": [_mounted(*secret) for secret in secrets.items()]} if secrets else {}),
        "healthcheck": {
            "test": ["CMD", "wget", "-qO-", address],
            "interval": "15s",
            "timeout": "5s",
            "retries": 4,
            "start_period": "1m",
        },
        "stop_grace_period": ENDS_WITHIN[name],
        "mem_limit": MEMORY[name],
        **CONFINED,
    }


def _mounted(path: Path, target: Path) -> dict[str, str]:
    return {"source": _secret_name(path), "target": str(target)}


def _secret_name(path: Path) -> str:
    return path.name.removesuffix(".yml")
