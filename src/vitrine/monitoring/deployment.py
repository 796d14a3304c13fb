"""Everything that runs the monitoring, by its path in the repository."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from vitrine.catalogue.dashboards import DASHBOARDS
from vitrine.catalogue.external import JOB
from vitrine.monitoring.alertmanager import Email, Notifications, Slack, alertmanager_yml, template
from vitrine.monitoring.compose import COMPOSE_FILE, CONTAINER, HOST_FILE, compose_yml, host_yml
from vitrine.monitoring.containers import (
    ALERTMANAGER_AT,
    DASHBOARDS_IN,
    DATASOURCE_FILE,
    LONG_TERM_CONFIG,
    METRICS_TOKEN,
    PORTS,
    PROVIDER_FILE,
    RULES,
    SLACK_WEBHOOK,
    SMTP_PASSWORD,
    TEMPLATE_FILE,
    WEB_CONFIG,
    address_of,
)
from vitrine.monitoring.grafana import dashboard_json, datasource_yml, provider_yml
from vitrine.monitoring.kubernetes import manifests
from vitrine.monitoring.links import LOCAL, Links
from vitrine.monitoring.prometheus import (
    ALERTMANAGER,
    LONG_TERM,
    PORT_NAME,
    PROMETHEUS,
    SERVICE,
    WORKER,
    WORKER_PORT,
    Discovered,
    Resolved,
    Scrape,
    Watched,
    long_term_yml,
    prometheus_yml,
)
from vitrine.monitoring.reference import as_json
from vitrine.monitoring.rules import rule_files
from vitrine.monitoring.yml import BARE_MARK, documents, head

SERVICE_PORT = 8000
EXAMPLE = Notifications(
    Slack(ALERTMANAGER_AT / SLACK_WEBHOOK, "#alerts"),
    Email(
        "alerts@example.com",
        "prometheus@example.com",
        "smtp.example.com",
        587,
        "prometheus@example.com",
        ALERTMANAGER_AT / SMTP_PASSWORD,
    ),
    ("https://heartbeat.example.com/vitrine",),
)
"""Whom the guide tells; `vitrine secrets` writes the real ones."""
CONFIG_NOTES = (
    "Paths are relative to this file, here and in the container:",
    "",
    "  promtool check config --syntax-only prometheus.yml",
)
EXAMPLE_NOTES = (
    "An example, to read and for an Alertmanager of your own: the addresses are the guide's.",
    "Compose and Kubernetes take the one that `vitrine secrets` makes from your settings.",
)
WEB_NOTES = (
    "Headers alone: the ports are on loopback or in the cluster. To open them further, add",
    "basic_auth_users and tls_server_config (docs/deployment.md).",
)


def deployment_files(links: Links = LOCAL) -> Mapping[Path, str]:
    """Return every file: Prometheus', Alertmanager's and Grafana's, Compose's, Kubernetes'.

    `links` say under which address alerts and panels lead to the service's own pages.
    """
    rules = {RULES / name: text for name, text in rule_files(links=links).items()}
    here = _config(
        [
            Scrape(JOB, f"{CONTAINER}:{SERVICE_PORT}", METRICS_TOKEN),
            Resolved(WORKER, "worker", WORKER_PORT, METRICS_TOKEN),
        ],
        rules,
    )
    in_cluster = _config(
        [Discovered(name, name, PORT_NAME, METRICS_TOKEN) for name in (SERVICE, WORKER)], rules
    )
    parts = {
        Path("prometheus.yml"): head(*CONFIG_NOTES) + here,
        Path("alertmanager.yml"): head(*EXAMPLE_NOTES)
        + alertmanager_yml(EXAMPLE, template_file=str(TEMPLATE_FILE)),
        TEMPLATE_FILE: f"{{{{/* {BARE_MARK} */}}}}\n{template()}",
        LONG_TERM_CONFIG: head() + long_term_yml(),
        WEB_CONFIG: head(*WEB_NOTES) + _web_yml(),
        **rules,
        **{
            DASHBOARDS_IN / f"{dashboard.uid}.json": as_json(dashboard_json(dashboard, links))
            for dashboard in DASHBOARDS
        },
        DATASOURCE_FILE: datasource_yml(f"http://{address_of(PROMETHEUS)}"),
        PROVIDER_FILE: provider_yml(),
    }
    composed = {COMPOSE_FILE: compose_yml(), HOST_FILE: host_yml()}
    return {**parts, **composed, **manifests(parts, in_cluster)}


def _config(service: Sequence[Watched], rules: Iterable[Path]) -> str:
    others = [
        Scrape(PROMETHEUS, f"localhost:{PORTS[PROMETHEUS]}"),
        *(Scrape(name, address_of(name)) for name in (LONG_TERM, ALERTMANAGER)),
    ]
    return prometheus_yml(
        [*service, *others],
        rule_files=[str(path) for path in rules],
        alertmanager=address_of(ALERTMANAGER),
        long_term=address_of(LONG_TERM),
    )


def _web_yml() -> str:
    headers = {
        "X-Frame-Options": "deny",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "frame-ancestors 'none'",
    }
    return documents({"http_server_config": {"headers": headers}})
