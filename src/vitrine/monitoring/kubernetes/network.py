"""Who may reach whom in the cluster.

A forwarded port (`kubectl port-forward`) enters the pod by the kubelet, past every policy.
"""

from __future__ import annotations

from vitrine.monitoring.containers import GRAFANA, PORTS
from vitrine.monitoring.kubernetes.objects import Object, labels, metadata
from vitrine.monitoring.prometheus import ALERTMANAGER, LONG_TERM, PROMETHEUS, SERVICE, WORKER

ANYWHERE: list[Object] = [{}]
"""Where the address is another one in every cluster: its API, or whom the settings name."""
NAMES: Object = {"ports": [{"protocol": kind, "port": 53} for kind in ("UDP", "TCP")]}
THE_SERVICE: Object = {"podSelector": {"matchLabels": {"app.kubernetes.io/name": SERVICE}}}
"""The pods of the service, whose console asks Prometheus and Alertmanager."""
THE_WORKER: Object = {"podSelector": {"matchLabels": {"app.kubernetes.io/name": WORKER}}}
"""Those of the worker, whose reports are made of what Prometheus answers."""


def network_policies() -> list[Object]:
    """Return one policy for each program; nobody reaches it whom it does not name."""
    ask_prometheus = {"to": [_pods(PROMETHEUS)], "ports": [_port(PROMETHEUS)]}
    return [
        _policy(PROMETHEUS, [_pods(GRAFANA), THE_SERVICE, THE_WORKER], ANYWHERE),
        _policy(LONG_TERM, [_pods(PROMETHEUS)], []),
        _policy(ALERTMANAGER, [_pods(PROMETHEUS), THE_SERVICE], ANYWHERE),
        _policy(GRAFANA, [], [NAMES, ask_prometheus]),
    ]


def _policy(name: str, callers: list[Object], egress: list[Object]) -> Object:
    ingress = [{"from": callers, "ports": [_port(name)]}] if callers else []
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": metadata(name, name),
        "spec": {
            "podSelector": {"matchLabels": labels(name)},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": ingress,
            "egress": egress,
        },
    }


def _pods(name: str) -> Object:
    return {"podSelector": {"matchLabels": labels(name)}}


def _port(name: str) -> Object:
    return {"protocol": "TCP", "port": PORTS[name]}
