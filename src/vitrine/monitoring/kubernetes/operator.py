"""The same for a cluster with the Prometheus operator: what to scrape, and the rules."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml

from vitrine.monitoring.containers import METRICS_TOKEN
from vitrine.monitoring.kubernetes.objects import NAME, Object, metadata
from vitrine.monitoring.kubernetes.secrets import secret_name
from vitrine.monitoring.kubernetes.workloads import rules_of
from vitrine.monitoring.prometheus import (
    PORT_NAME,
    PROMETHEUS,
    SCRAPE_EVERY_S,
    SCRAPE_TIMEOUT_S,
    SERVICE,
    WORKER,
)

API = "monitoring.coreos.com/v1"


def service_monitor() -> Object:
    """Return what to scrape: each job is called like its Service, an instance like its pod."""
    return {
        "apiVersion": API,
        "kind": "ServiceMonitor",
        "metadata": metadata(SERVICE, SERVICE),
        "spec": {
            "selector": {
                "matchExpressions": [
                    {"key": NAME, "operator": "In", "values": [SERVICE, WORKER]},
                ]
            },
            "endpoints": [
                {
                    "port": PORT_NAME,
                    "path": "/metrics",
                    "interval": f"{SCRAPE_EVERY_S}s",
                    "scrapeTimeout": f"{SCRAPE_TIMEOUT_S}s",
                    "authorization": {
                        "credentials": {
                            "name": secret_name(PROMETHEUS),
                            "key": METRICS_TOKEN.name,
                        }
                    },
                    "relabelings": [
                        {
                            "sourceLabels": ["__meta_kubernetes_pod_name"],
                            "targetLabel": "instance",
                        }
                    ],
                }
            ],
        },
    }


def prometheus_rules(parts: Mapping[Path, str]) -> list[Object]:
    """Return the rule files, each as an object of its own."""
    return [
        {
            "apiVersion": API,
            "kind": "PrometheusRule",
            "metadata": metadata(f"{SERVICE}-{path.stem}", SERVICE),
            "spec": yaml.safe_load(parts[path]),
        }
        for path in rules_of(parts)
    ]
