"""`docker-compose.yml`: the service, its worker, its database and its cache."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from vitrine.deployment.image import (
    BACK_UP,
    BACKUPS_AT,
    HOME_AT,
    IMAGE,
    MIGRATE,
    PORT,
    POSTGRES_CLIENT,
    SERVE,
    WORK,
    WORKER_PORT,
    asks,
)
from vitrine.deployment.secrets import COMPOSED, POSTGRES_PASSWORD
from vitrine.monitoring.compose import CONTAINER, OUTSIDE
from vitrine.monitoring.containers import CONFINED
from vitrine.monitoring.prometheus import SERVICE
from vitrine.monitoring.yml import documents, head

SERVICE_FILE = Path("docker-compose.yml")
STATEMENTS_FILE = Path("deploy/postgres/statements.sql")
POSTGRES_IMAGE = f"docker.io/library/postgres:{POSTGRES_CLIENT}.6-bookworm"
REDIS_IMAGE = "docker.io/library/redis:8.2.1-bookworm"
"""Pinned: a newer version is written here, and then generated."""
THEIR_USER = 999
"""The user of both images."""
INSIDE = "data"
"""The network of the database and the cache, from which nothing leads outside."""
SECRETS_AT = "/run/secrets"
NOTES = (
    "The service with PostgreSQL, Redis and a worker (docs/deployment.md):",
    "",
    "  vitrine secrets compose          # makes deploy/secrets/, without which nothing starts",
    "  docker-compose up -d --build",
    "  docker-compose run --rm backup   # one archive of the database (docs/operations.md)",
    "",
    "With Prometheus, Alertmanager and Grafana:",
    "",
    "  docker-compose -f docker-compose.yml -f docker-compose.monitoring.yml up -d --build",
)
PASSED_ON = {
    "VITRINE_PUBLIC_URL": "http://127.0.0.1:8000",
    "VITRINE_TRUSTED_PROXIES": "172.16.0.0/12",
    "VITRINE_OWNER_IDS": "",
    "VITRINE_OWNER_ADDRESSES": "",
    "VITRINE_HOLDOUT_SHARE": "0.1",
    "LLM_DAILY_BUDGET_USD": "1.0",
    "LOG_LEVEL": "INFO",
    "VITRINE_REPORTS": "",
    "ALERT_EMAIL_TO": "",
    "ALERT_EMAIL_FROM": "vitrine@localhost",
    "SMTP_HOST": "localhost",
    "SMTP_PORT": "587",
    "SMTP_USER": "",
}
"""Settings that are taken from the environment or `.env`, and what they are otherwise. A proxy on
this machine reaches a published port from the bridge, whose networks Docker takes from there."""
FIXED = {
    "VITRINE_SECRETS_DIR": SECRETS_AT,
    "REDIS_URL": "redis://redis:6379/0",
    "VITRINE_PROMETHEUS_URL": "http://prometheus:9090",
    "VITRINE_ALERTMANAGER_URL": "http://alertmanager:9093",
}
POSTGRES = ("postgres", "-c", "shared_preload_libraries=pg_stat_statements")
REDIS = (
    "redis-server",
    *("--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru"),
    # A cache is empty after a restart. Only the two that share its network reach it.
    *("--save", "", "--appendonly", "no", "--protected-mode", "no"),
)
MIGRATED = {"migrate": {"condition": "service_completed_successfully"}}


def service_yml() -> str:
    """Return the file. Databases are migrated once, before anybody uses them."""
    files = {path.name: path for path in (*COMPOSED.values(), POSTGRES_PASSWORD)}
    content = {
        "services": {
            CONTAINER: _backend(),
            "worker": _worker(),
            "migrate": _migrate(),
            "backup": _backup(),
            "postgres": _postgres(),
            "redis": _redis(),
        },
        "networks": {OUTSIDE: {}, INSIDE: {"internal": True}},
        "volumes": {"vitrine-home": {}, "vitrine-backups": {}, "postgres-data": {}},
        "secrets": {name: {"file": f"./{path}"} for name, path in files.items()},
    }
    return head(*NOTES) + documents(content)


def _backend() -> dict[str, Any]:
    return {
        "container_name": CONTAINER,
        **_vitrine(SERVE),
        "restart": "unless-stopped",
        "ports": [f"127.0.0.1:{PORT}:{PORT}"],
        "volumes": [f"vitrine-home:{HOME_AT}"],
        "networks": [OUTSIDE, INSIDE],
        "depends_on": {**MIGRATED, **_healthy("postgres", "redis")},
        "healthcheck": _asked("CMD", "python", "-c", asks(PORT)),
        "stop_grace_period": "30s",
        **_bounds(memory="512m", cpus=2.0),
    }


def _worker() -> dict[str, Any]:
    return {
        **_vitrine(WORK),
        "restart": "unless-stopped",
        "tmpfs": [*CONFINED["tmpfs"], HOME_AT],
        "networks": [OUTSIDE, INSIDE],
        "depends_on": {**MIGRATED, **_healthy("postgres", "redis")},
        "healthcheck": _asked("CMD", "python", "-c", asks(WORKER_PORT)),
        "stop_grace_period": "1m",
        **_bounds(memory="512m", cpus=1.0),
    }


def _migrate() -> dict[str, Any]:
    return {
        **_vitrine(MIGRATE),
        "restart": "no",
        "tmpfs": [*CONFINED["tmpfs"], HOME_AT],
        "networks": [INSIDE],
        "depends_on": _healthy("postgres"),
        "healthcheck": {"disable": True},
        **_bounds(memory="256m", cpus=1.0),
    }


def _backup() -> dict[str, Any]:
    """Return what starts only when it is called by its name, and ends with its archive."""
    made = _vitrine(BACK_UP)
    return {
        **made,
        # What is unpacked to be compared has no room in memory.
        "environment": {**made["environment"], "TMPDIR": BACKUPS_AT},
        "profiles": ["backup"],
        "restart": "no",
        "volumes": [f"vitrine-home:{HOME_AT}", f"vitrine-backups:{BACKUPS_AT}"],
        "networks": [INSIDE],
        "depends_on": _healthy("postgres"),
        "healthcheck": {"disable": True},
        **_bounds(memory="512m", cpus=1.0),
    }


def _vitrine(command: tuple[str, ...]) -> dict[str, Any]:
    """Return what all of them have in common: the image, its settings and secrets."""
    asked = {name: f"${{{name}:-{default}}}" for name, default in PASSED_ON.items()}
    secrets = [{"source": path.name, "target": name} for name, path in COMPOSED.items()]
    return {
        "image": IMAGE,
        "build": {"context": "."},
        "command": list(command),
        "environment": {**FIXED, **asked},
        "secrets": secrets,
        **CONFINED,
    }


def _postgres() -> dict[str, Any]:
    init = f"./{STATEMENTS_FILE}:/docker-entrypoint-initdb.d/{STATEMENTS_FILE.name}:ro"
    return {
        "image": POSTGRES_IMAGE,
        "user": f"{THEIR_USER}:{THEIR_USER}",
        "restart": "unless-stopped",
        "command": list(POSTGRES),
        "environment": {
            "POSTGRES_USER": SERVICE,
            "POSTGRES_DB": SERVICE,
            "POSTGRES_PASSWORD_FILE": f"{SECRETS_AT}/{POSTGRES_PASSWORD.name}",
        },
        "secrets": [{"source": POSTGRES_PASSWORD.name, "target": POSTGRES_PASSWORD.name}],
        "volumes": [init, "postgres-data:/var/lib/postgresql/data"],
        "networks": [INSIDE],
        # By TCP: the server that prepares the first start answers on its socket alone.
        "healthcheck": _asked("CMD", "pg_isready", "-h", "127.0.0.1", "-U", SERVICE),
        "shm_size": "128m",
        "stop_grace_period": "1m",
        **_bounds(memory="1g", cpus=2.0),
        **CONFINED,
        "tmpfs": [*CONFINED["tmpfs"], "/var/run/postgresql"],
    }


def _redis() -> dict[str, Any]:
    return {
        "image": REDIS_IMAGE,
        "user": f"{THEIR_USER}:{THEIR_USER}",
        "restart": "unless-stopped",
        "command": list(REDIS),
        "networks": [INSIDE],
        "healthcheck": _asked("CMD", "redis-cli", "ping"),
        "stop_grace_period": "10s",
        **_bounds(memory="128m", cpus=1.0),
        **CONFINED,
        "tmpfs": [*CONFINED["tmpfs"], "/data"],
    }


def _healthy(*names: str) -> dict[str, Any]:
    return {name: {"condition": "service_healthy"} for name in names}


def _asked(*test: str) -> dict[str, Any]:
    return {
        "test": list(test),
        "interval": "10s",
        "timeout": "5s",
        "retries": 4,
        "start_period": "30s",
    }


def _bounds(*, memory: str, cpus: float) -> dict[str, Any]:
    return {"mem_limit": memory, "cpus": cpus, "pids_limit": 200}
