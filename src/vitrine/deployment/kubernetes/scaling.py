"""How many replicas there are: by the requests that each answers, and never fewer than one.

The figure comes from the service's own metrics: Prometheus counts requests, prometheus-adapter
answers Kubernetes' API for custom metrics with their rate, and the autoscaler asks that.
"""

from __future__ import annotations

from vitrine.catalogue.metrics import API_REQUESTS
from vitrine.deployment.kubernetes.pods import REPLICAS
from vitrine.deployment.labels import Object, labels, metadata
from vitrine.monitoring.prometheus import SERVICE

MOST_REPLICAS = 6
REQUESTS = "vitrine_requests_per_second"
REQUESTS_A_POD = "100"
"""Where one more is started. A beginning: put a measured figure of your own machine here."""
OF_NOBODY = "/health|/ready|/metrics"
"""What probes and Prometheus ask for, however many visitors there are."""
CPU_PERCENT = 70
"""Of what a pod requests; this counts too, and alone where nobody serves custom metrics."""


def autoscaler() -> Object:
    """Return the autoscaler; it adds at once and takes away slowly."""
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": metadata(SERVICE, SERVICE),
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": SERVICE},
            "minReplicas": REPLICAS,
            "maxReplicas": MOST_REPLICAS,
            "metrics": [
                {
                    "type": "Pods",
                    "pods": {
                        "metric": {"name": REQUESTS},
                        "target": {"type": "AverageValue", "averageValue": REQUESTS_A_POD},
                    },
                },
                {
                    "type": "Resource",
                    "resource": {
                        "name": "cpu",
                        "target": {"type": "Utilization", "averageUtilization": CPU_PERCENT},
                    },
                },
            ],
            "behavior": {"scaleDown": {"stabilizationWindowSeconds": 300}},
        },
    }


def disruption_budget() -> Object:
    """Return that at most one replica at a time is taken away, as for the upgrade of a node."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": metadata(SERVICE, SERVICE),
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": labels(SERVICE)}},
    }


def adapter_rules() -> Object:
    """Return prometheus-adapter's configuration: what it answers for, and by which query.

    A pod's series are found by its name, which is the label `instance` here.
    """
    asked = f'<<.LabelMatchers>>,endpoint!~"{OF_NOBODY}"'
    return {
        "rules": [
            {
                "seriesQuery": f'{API_REQUESTS.name}{{job="{SERVICE}",namespace!=""}}',
                "resources": {
                    "overrides": {
                        "namespace": {"resource": "namespace"},
                        "instance": {"resource": "pod"},
                    }
                },
                "name": {"as": REQUESTS},
                "metricsQuery": f"sum by (<<.GroupBy>>) (rate(<<.Series>>{{{asked}}}[2m]))",
            }
        ]
    }
