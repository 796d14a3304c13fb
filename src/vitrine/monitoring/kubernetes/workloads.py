"""The four programs in the cluster: how much room they have, and which files they read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from vitrine.monitoring.containers import (
    ALERTMANAGER_AT,
    DASHBOARDS_IN,
    GRAFANA,
    GRAFANA_AT,
    GRAFANA_PASSWORD,
    GRAFANA_SETTINGS,
    GRAFANA_USER,
    HEALTH,
    LONG_TERM_CONFIG,
    NOBODY,
    PROMETHEUS_AT,
    PROVISIONING,
    RULES,
    TEMPLATE_FILE,
    WEB_CONFIG,
)
from vitrine.monitoring.grafana import ARCHIVE_AT, DASHBOARDS_AT, OWN_AT
from vitrine.monitoring.kubernetes.objects import Workload, files_of
from vitrine.monitoring.kubernetes.secrets import secret_files
from vitrine.monitoring.prometheus import ALERTMANAGER, LONG_TERM, PROMETHEUS

READY = "/-/ready"
RULES_MAP, PROVISIONING_MAP = "prometheus-rules", "grafana-provisioning"
OWN_MAP, ARCHIVE_MAP = "grafana-own-dashboards", "grafana-archived-dashboards"
"""What a user may make, and the stack runs without."""
PROVISIONING_KEYS = {f"{path.parent.name}.yml": path for path in PROVISIONING}
VOLUME = "13Gi"
"""A quarter more than a Prometheus stores at most, for what it writes before that is blocks."""
Parts = Mapping[Path, str]
"""The generated files, by their path in the repository."""


def prometheus(parts: Parts, config: str) -> Workload:
    """Return the first tier, which asks the cluster who is behind the service."""
    rules = {path.name: path for path in rules_of(parts)}
    own = {"prometheus.yml": Path("prometheus.yml"), WEB_CONFIG.name: WEB_CONFIG}
    sources = [
        files_of("configMap", PROMETHEUS, own),
        files_of("configMap", RULES_MAP, rules),
        secret_files(PROMETHEUS),
    ]
    return Workload(
        name=PROMETHEUS,
        user=NOBODY,
        storage=VOLUME,
        cpu=("100m", "1"),
        memory=("400Mi", "1Gi"),
        ready=READY,
        mounts={PROMETHEUS_AT: sources},
        config=[config, parts[WEB_CONFIG], *(parts[path] for path in rules.values())],
        asks_cluster=True,
        ends_within_s=120,
    )


def long_term(parts: Parts) -> Workload:
    """Return the second tier, which takes what the first one sends."""
    paths = {path.name: path for path in (LONG_TERM_CONFIG, WEB_CONFIG)}
    return Workload(
        name=LONG_TERM,
        user=NOBODY,
        storage=VOLUME,
        cpu=("50m", "500m"),
        memory=("200Mi", "512Mi"),
        ready=READY,
        mounts={PROMETHEUS_AT: [files_of("configMap", LONG_TERM, paths)]},
        config=[parts[path] for path in paths.values()],
        ends_within_s=120,
    )


def alertmanager(parts: Parts) -> Workload:
    """Return Alertmanager, whose configuration is a Secret: it names people."""
    sources = [
        files_of("configMap", ALERTMANAGER, {TEMPLATE_FILE.name: TEMPLATE_FILE}),
        secret_files(ALERTMANAGER),
    ]
    return Workload(
        name=ALERTMANAGER,
        user=NOBODY,
        storage="1Gi",
        cpu=("10m", "200m"),
        memory=("50Mi", "128Mi"),
        ready=READY,
        mounts={ALERTMANAGER_AT: sources},
        config=[parts[TEMPLATE_FILE]],
    )


def grafana(parts: Parts) -> Workload:
    """Return Grafana; it finds new dashboards by itself, so they start nothing anew."""
    provisioned = {
        GRAFANA_AT / path.parent.relative_to("deploy/grafana"): [
            files_of("configMap", PROVISIONING_MAP, {key: Path(path.name)})
        ]
        for key, path in PROVISIONING_KEYS.items()
    }
    return Workload(
        name=GRAFANA,
        user=GRAFANA_USER,
        storage="1Gi",
        cpu=("50m", "500m"),
        memory=("200Mi", "512Mi"),
        ready=HEALTH[GRAFANA],
        mounts={
            **provisioned,
            Path(DASHBOARDS_AT): [
                files_of("configMap", board_map(path)) for path in dashboards_of(parts)
            ],
            Path(OWN_AT): [files_of("configMap", OWN_MAP, optional=True)],
            Path(ARCHIVE_AT): [files_of("configMap", ARCHIVE_MAP, optional=True)],
            (GRAFANA_AT / GRAFANA_PASSWORD).parent: [secret_files(GRAFANA)],
        },
        config=[parts[path] for path in PROVISIONING],
        environment=GRAFANA_SETTINGS,
    )


def rules_of(parts: Parts) -> list[Path]:
    return [path for path in parts if path.parent == RULES]


def dashboards_of(parts: Parts) -> list[Path]:
    return [path for path in parts if path.parent == DASHBOARDS_IN]


def board_map(path: Path) -> str:
    """Return the name of the ConfigMap that holds one dashboard."""
    return f"grafana-dashboard-{path.stem}"
