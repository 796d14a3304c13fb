"""The pods: replicas of the service, workers, and the migration before either."""

from __future__ import annotations

from pathlib import Path

from vitrine.deployment.image import (
    HOME_AT,
    IMAGE,
    MIGRATE,
    PORT,
    SERVE,
    USER,
    WORK,
    WORKER_PORT,
)
from vitrine.deployment.labels import MIGRATION, WORKER, Object, labels, metadata
from vitrine.deployment.secrets import DATABASE, KEYS, OWN, REDIS, SECRET_NAME
from vitrine.monitoring.kubernetes.objects import CONFINED, READ_ONLY, files_of, runs_as
from vitrine.monitoring.prometheus import PORT_NAME, SERVICE

CONFIG = "vitrine"
SECRETS_AT = "/etc/vitrine/secrets"
REPLICAS = 2
GONE_AFTER_S = 5
"""Until no proxy sends to a pod that ends; Kubernetes tells them while it ends the pod."""
ENDS_WITHIN_S = 30
STARTS_WITHIN_S = 120


def service_pods() -> Object:
    """Return the replicas; a new version takes over pod by pod, and none is missing meanwhile."""
    pod = pod_of(
        {
            **_container(SERVICE, SERVE, PORT, ("250m", "2"), ("256Mi", "512Mi")),
            "readinessProbe": _probe("/ready", every_s=5, failures=3),
            # kube-proxy and the ingress learn of the end while it begins.
            "lifecycle": {"preStop": {"exec": {"command": ["sleep", str(GONE_AFTER_S)]}}},
        },
        ends_within_s=GONE_AFTER_S + ENDS_WITHIN_S,
    )
    return _deployment(
        SERVICE,
        {**pod, "topologySpreadConstraints": _spread()},
        replicas=REPLICAS,
        strategy={
            "type": "RollingUpdate",
            "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1},
        },
    )


def worker_pods() -> Object:
    """Return the worker; a job that it has begun may take a minute to end."""
    container = _container(WORKER, WORK, WORKER_PORT, ("100m", "1"), ("256Mi", "512Mi"))
    pod = pod_of(container, ends_within_s=60)
    return _deployment(WORKER, pod, replicas=1, strategy={"type": "RollingUpdate"})


def migration() -> Object:
    """Return what brings the database to this version; nobody restarts it in vain for long."""
    container = container_of(MIGRATION, MIGRATE, ("50m", "1"), ("128Mi", "256Mi"))
    pod = {**pod_of(container, ends_within_s=ENDS_WITHIN_S), "restartPolicy": "Never"}
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": metadata(MIGRATION, MIGRATION),
        "spec": {
            "backoffLimit": 3,
            "activeDeadlineSeconds": 600,
            "template": {"metadata": {"labels": labels(MIGRATION)}, "spec": pod},
        },
    }


def account() -> Object:
    """Return whom the pods are in the cluster: nobody who may ask it anything."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": metadata(SERVICE, SERVICE),
        "automountServiceAccountToken": False,
    }


def _deployment(name: str, pod: Object, *, replicas: int, strategy: Object) -> Object:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": metadata(name, name),
        "spec": {
            "replicas": replicas,
            "revisionHistoryLimit": 3,
            "strategy": strategy,
            "selector": {"matchLabels": labels(name)},
            "template": {"metadata": {"labels": labels(name)}, "spec": pod},
        },
    }


def pod_of(container: Object, *, ends_within_s: int) -> Object:
    return {
        "serviceAccountName": SERVICE,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": ends_within_s,
        "securityContext": runs_as(USER),
        "containers": [container],
        "volumes": [
            {"name": "home", "emptyDir": {"sizeLimit": "64Mi"}},
            {"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}},
            {
                "name": "secrets",
                "projected": {"defaultMode": READ_ONLY, "sources": _secrets()},
            },
        ],
    }


def _secrets() -> list[Object]:
    """Return what must be there, or the pod does not start, and what may be missing."""
    return [
        files_of("secret", SECRET_NAME, _named(*OWN, DATABASE)),
        files_of("secret", SECRET_NAME, _named(REDIS, *KEYS), optional=True),
    ]


def _named(*keys: str) -> dict[str, Path]:
    return {key: Path(key) for key in keys}


def _container(
    name: str, command: tuple[str, ...], port: int, cpu: tuple[str, str], memory: tuple[str, str]
) -> Object:
    return {
        **container_of(name, command, cpu, memory),
        "ports": [{"name": PORT_NAME, "containerPort": port}],
        "startupProbe": _probe("/health", every_s=2, failures=STARTS_WITHIN_S // 2),
        "livenessProbe": _probe("/health", every_s=10, failures=6),
    }


def container_of(
    name: str, command: tuple[str, ...], cpu: tuple[str, str], memory: tuple[str, str]
) -> Object:
    return {
        "name": name,
        "image": IMAGE,
        "args": list(command),
        "env": [{"name": "VITRINE_SECRETS_DIR", "value": SECRETS_AT}],
        "envFrom": [{"configMapRef": {"name": CONFIG}}],
        "resources": {
            "requests": {"cpu": cpu[0], "memory": memory[0]},
            "limits": {"cpu": cpu[1], "memory": memory[1]},
        },
        "securityContext": CONFINED,
        "volumeMounts": [
            {"name": "home", "mountPath": HOME_AT},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - in the container, and its own
            {"name": "secrets", "mountPath": SECRETS_AT, "readOnly": True},
        ],
    }


def _spread() -> list[Object]:
    """Return that replicas are spread over nodes and zones, as far as there are any."""
    return [
        {
            "maxSkew": 1,
            "topologyKey": key,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": {"matchLabels": labels(SERVICE)},
        }
        for key in ("kubernetes.io/hostname", "topology.kubernetes.io/zone")
    ]


def _probe(path: str, *, every_s: int, failures: int) -> Object:
    return {
        "httpGet": {"path": path, "port": PORT_NAME},
        "periodSeconds": every_s,
        "timeoutSeconds": 4,
        "failureThreshold": failures,
    }
