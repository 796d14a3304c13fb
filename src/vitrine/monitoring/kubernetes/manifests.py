"""`k8s/`, file by file, from the same texts that Compose mounts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from vitrine.monitoring.containers import (
    GRAFANA,
    LONG_TERM_CONFIG,
    TEMPLATE_FILE,
    WEB_CONFIG,
)
from vitrine.monitoring.kubernetes import workloads
from vitrine.monitoring.kubernetes.network import network_policies
from vitrine.monitoring.kubernetes.objects import (
    Object,
    config_map,
    metadata,
    service,
    stateful_set,
)
from vitrine.monitoring.kubernetes.operator import prometheus_rules, service_monitor
from vitrine.monitoring.prometheus import ALERTMANAGER, LONG_TERM, PROMETHEUS
from vitrine.monitoring.yml import documents, head

MONITORING = Path("k8s/monitoring")
OPERATOR = Path("k8s/operator")
NOTES = (
    "In any namespace, after `vitrine secrets kubernetes | kubectl apply -f -`:",
    "",
    "  kubectl apply -f k8s/monitoring/",
)
OPERATOR_NOTES = (
    "For a cluster with the Prometheus operator, instead of k8s/monitoring/ (docs/deployment.md).",
)
Parts = Mapping[Path, str]


def manifests(parts: Parts, config: str) -> Mapping[Path, str]:
    """Return the manifests by their path in the repository.

    `parts` are the files that Compose mounts; `config` is Prometheus' configuration, which
    discovers the service in the cluster.
    """
    files = {
        MONITORING / "prometheus.yml": [
            *_discovery(),
            _map(PROMETHEUS, {"prometheus.yml": config, WEB_CONFIG.name: parts[WEB_CONFIG]}),
            service(PROMETHEUS),
            stateful_set(workloads.prometheus(parts, config)),
        ],
        MONITORING / "prometheus-rules.yml": [
            config_map(workloads.RULES_MAP, PROMETHEUS, _texts(parts, workloads.rules_of(parts)))
        ],
        MONITORING / "long-term.yml": [
            _map(LONG_TERM, _texts(parts, [LONG_TERM_CONFIG, WEB_CONFIG])),
            service(LONG_TERM),
            stateful_set(workloads.long_term(parts)),
        ],
        MONITORING / "alertmanager.yml": [
            _map(ALERTMANAGER, _texts(parts, [TEMPLATE_FILE])),
            service(ALERTMANAGER),
            stateful_set(workloads.alertmanager(parts)),
        ],
        MONITORING / "grafana.yml": [
            config_map(
                workloads.PROVISIONING_MAP,
                GRAFANA,
                {key: parts[path] for key, path in workloads.PROVISIONING_KEYS.items()},
            ),
            service(GRAFANA),
            stateful_set(workloads.grafana(parts)),
        ],
        # One for each: a ConfigMap may hold 1 MiB, and what `apply` notes of it 256 KiB.
        MONITORING / "grafana-dashboards.yml": [
            config_map(workloads.board_map(path), GRAFANA, _texts(parts, [path]))
            for path in workloads.dashboards_of(parts)
        ],
        MONITORING / "network-policies.yml": network_policies(),
    }
    operator = {
        OPERATOR / "service-monitor.yml": [service_monitor()],
        OPERATOR / "prometheus-rules.yml": prometheus_rules(parts),
    }
    return {
        **{path: head(*NOTES) + documents(*objects) for path, objects in files.items()},
        **{path: head(*OPERATOR_NOTES) + documents(*objects) for path, objects in operator.items()},
    }


def _discovery() -> list[Object]:
    """Return the account of Prometheus, which may read who is behind a Service, and no more."""
    named = metadata(PROMETHEUS, PROMETHEUS)
    readable = {"": ["services", "pods"], "discovery.k8s.io": ["endpointslices"]}
    return [
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": named},
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "Role",
            "metadata": named,
            "rules": [
                {"apiGroups": [group], "resources": kinds, "verbs": ["get", "list", "watch"]}
                for group, kinds in readable.items()
            ],
        },
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "RoleBinding",
            "metadata": named,
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "Role",
                "name": PROMETHEUS,
            },
            "subjects": [{"kind": "ServiceAccount", "name": PROMETHEUS}],
        },
    ]


def _map(name: str, data: Mapping[str, str]) -> Object:
    return config_map(name, name, data)


def _texts(parts: Parts, paths: Iterable[Path]) -> Mapping[str, str]:
    return {path.name: parts[path] for path in paths}
