"""The four programs as containers: images, commands, and where each finds its files.

Below `/etc/NAME`, files stand as in the repository, so that the same relative paths hold in
both, and the configurations can be checked where they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from vitrine.monitoring.alertmanager import TEMPLATE
from vitrine.monitoring.grafana import DASHBOARDS_AT
from vitrine.monitoring.programs import (
    alertmanager_options,
    long_term_options,
    prometheus_options,
)
from vitrine.monitoring.prometheus import ALERTMANAGER, LONG_TERM, PROMETHEUS

GRAFANA = "grafana"
PORTS = {PROMETHEUS: 9090, LONG_TERM: 9091, ALERTMANAGER: 9093, GRAFANA: 3000}
NOBODY, GRAFANA_USER = 65534, 472
"""The users of the images."""
SECRETS = Path("deploy/secrets")
METRICS_TOKEN = SECRETS / "metrics-token"
SLACK_WEBHOOK = SECRETS / "slack-webhook"
SMTP_PASSWORD = SECRETS / "smtp-password"
GRAFANA_PASSWORD = SECRETS / "grafana-admin-password"
ALERTMANAGER_CONFIG = SECRETS / "alertmanager.yml"
"""Personal like a secret: addresses of people cannot be read from files of their own."""
RULES = Path("deploy/prometheus/rules")
LONG_TERM_CONFIG = Path("deploy/prometheus/long-term.yml")
WEB_CONFIG = Path("deploy/prometheus/web.yml")
TEMPLATE_FILE = Path("deploy/alertmanager") / TEMPLATE
DASHBOARDS_IN = Path("deploy/grafana/dashboards")
OWN_IN = Path("deploy/grafana/own")
ARCHIVE_IN = Path("deploy/grafana/archive")
DATASOURCE_FILE = Path("deploy/grafana/provisioning/datasources/vitrine.yml")
PROVIDER_FILE = Path("deploy/grafana/provisioning/dashboards/vitrine.yml")
PROVISIONING = (DATASOURCE_FILE, PROVIDER_FILE)
PROMETHEUS_AT = Path("/etc/prometheus")
ALERTMANAGER_AT = Path("/etc/alertmanager")
GRAFANA_AT = Path("/etc/grafana")
DATA_AT = {
    PROMETHEUS: Path("/prometheus"),
    LONG_TERM: Path("/prometheus"),
    ALERTMANAGER: Path("/alertmanager"),
    GRAFANA: Path("/var/lib/grafana"),
}
HEALTH = {
    PROMETHEUS: "/-/healthy",
    LONG_TERM: "/-/healthy",
    ALERTMANAGER: "/-/healthy",
    GRAFANA: "/api/health",
}
_PROMETHEUS_IMAGE = "quay.io/prometheus/prometheus:v3.13.2"
IMAGES = {
    PROMETHEUS: _PROMETHEUS_IMAGE,
    LONG_TERM: _PROMETHEUS_IMAGE,
    ALERTMANAGER: "quay.io/prometheus/alertmanager:v0.33.1",
    GRAFANA: "docker.io/grafana/grafana:13.1.3",
}
"""Pinned: a newer version is written here, and then generated."""
CONFINED: Mapping[str, Any] = {
    "read_only": True,
    "tmpfs": ["/tmp"],  # noqa: S108 - in the container, and its own
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges:true"],
    "logging": {"driver": "json-file", "options": {"max-size": "10m", "max-file": "3"}},
}
"""What every container of Compose may do, and how much it may log."""
GRAFANA_SETTINGS = {
    "GF_SECURITY_ADMIN_PASSWORD__FILE": str(GRAFANA_AT / GRAFANA_PASSWORD),
    "GF_AUTH_ANONYMOUS_ENABLED": "false",
    "GF_USERS_ALLOW_SIGN_UP": "false",
    "GF_DASHBOARDS_MIN_REFRESH_INTERVAL": "10s",
    "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH": f"{DASHBOARDS_AT}/vitrine-overview.json",
    # Nothing is told to, asked of or fetched from anybody outside.
    "GF_ANALYTICS_REPORTING_ENABLED": "false",
    "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
    "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false",
    "GF_ANALYTICS_FEEDBACK_LINKS_ENABLED": "false",
    "GF_NEWS_NEWS_FEED_ENABLED": "false",
    "GF_PLUGINS_PREINSTALL_DISABLED": "true",
    "GF_PLUGINS_PUBLIC_KEY_RETRIEVAL_DISABLED": "true",
    "GF_SECURITY_DISABLE_GRAVATAR": "true",
    "GF_SNAPSHOTS_EXTERNAL_ENABLED": "false",
}


def command_of(name: str) -> list[str]:
    """Return the options of a program in its container; Grafana has settings instead."""
    listen = f":{PORTS[name]}"
    data = DATA_AT[name]
    web = f"--web.config.file={PROMETHEUS_AT / WEB_CONFIG}"
    # Links in messages lead there; by default they would name the container.
    outside = f"--web.external-url=http://localhost:{PORTS[name]}"
    if name == PROMETHEUS:
        config = PROMETHEUS_AT / "prometheus.yml"
        return [*prometheus_options(config, data, listen), web, outside]
    if name == LONG_TERM:
        return [*long_term_options(PROMETHEUS_AT / LONG_TERM_CONFIG, data, listen), web]
    if name == ALERTMANAGER:
        config = ALERTMANAGER_AT / "alertmanager.yml"
        return [*alertmanager_options(config, data, listen), outside]
    return []


def address_of(name: str) -> str:
    """Return where the others reach a program, as host:port."""
    return f"{name}:{PORTS[name]}"
