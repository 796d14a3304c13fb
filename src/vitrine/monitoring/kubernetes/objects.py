"""The kinds of objects that the manifests are made of; none names a namespace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from vitrine.monitoring.containers import DATA_AT, HEALTH, IMAGES, PORTS, command_of

Object = dict[str, Any]

NAME = "app.kubernetes.io/name"
PART_OF = "vitrine-monitoring"
READ_ONLY = 0o440
"""For the owner, which is root, and for the group of the pod."""
CONFINED: Mapping[str, Any] = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
"""What every container of a cluster may do: what the standard `restricted` allows."""


@dataclass(frozen=True, slots=True)
class Workload:
    """One program of the stack: its user, its room on disk and in memory, what it reads.

    `mounts` are directories of projected files; `config` is the text that, when it changes,
    starts the program anew.
    """

    name: str
    user: int
    storage: str
    cpu: tuple[str, str]
    memory: tuple[str, str]
    ready: str
    mounts: Mapping[Path, Sequence[Object]]
    config: Sequence[str] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    asks_cluster: bool = False
    ends_within_s: int = 30


def metadata(name: str, part: str) -> Object:
    """Return an object's name, and the labels by which its part of the stack is found."""
    return {"name": name, "labels": labels(part)}


def labels(part: str) -> Object:
    return {NAME: part, "app.kubernetes.io/part-of": PART_OF}


def runs_as(user: int) -> Object:
    """Return whom a pod runs as; it may write into its volumes."""
    return {
        "runAsNonRoot": True,
        "runAsUser": user,
        "runAsGroup": user,
        "fsGroup": user,
        "fsGroupChangePolicy": "OnRootMismatch",
        "seccompProfile": {"type": "RuntimeDefault"},
    }


def config_map(name: str, part: str, data: Mapping[str, str]) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata(name, part),
        "data": dict(data),
    }


def files_of(
    kind: str, name: str, paths: Mapping[str, Path] | None = None, *, optional: bool = False
) -> Object:
    """Return a ConfigMap's or Secret's files: all under their keys, or some under a path."""
    found: Object = {"name": name}
    if paths:
        found["items"] = [{"key": key, "path": str(path)} for key, path in paths.items()]
    if optional:
        found["optional"] = True
    return {kind: found}


def service(name: str) -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": metadata(name, name),
        "spec": {
            "selector": labels(name),
            "ports": [{"name": "http", "port": PORTS[name], "targetPort": "http"}],
        },
    }


def stateful_set(workload: Workload) -> Object:
    """Return one pod with a claim of its own, which outlives it and `kubectl delete -f`."""
    name = workload.name
    return {
        "apiVersion": "apps/v1",
        "kind": "StatefulSet",
        "metadata": metadata(name, name),
        "spec": {
            "serviceName": name,
            "replicas": 1,
            "selector": {"matchLabels": labels(name)},
            "template": {
                "metadata": {
                    "labels": labels(name),
                    "annotations": {"vitrine/config": _hash(workload.config)},
                },
                "spec": _pod(workload),
            },
            "volumeClaimTemplates": [
                {
                    "metadata": {"name": "data"},
                    "spec": {
                        "accessModes": ["ReadWriteOnce"],
                        "resources": {"requests": {"storage": workload.storage}},
                    },
                }
            ],
        },
    }


def _pod(workload: Workload) -> Object:
    account = {"serviceAccountName": workload.name} if workload.asks_cluster else {}
    return {
        **account,
        "automountServiceAccountToken": workload.asks_cluster,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": workload.ends_within_s,
        "securityContext": runs_as(workload.user),
        "containers": [_container(workload)],
        "volumes": [
            {"name": "tmp", "emptyDir": {}},
            *(
                {
                    "name": _volume(at),
                    "projected": {"defaultMode": READ_ONLY, "sources": list(sources)},
                }
                for at, sources in workload.mounts.items()
            ),
        ],
    }


def _container(workload: Workload) -> Object:
    name, options = workload.name, command_of(workload.name)
    variables = [{"name": key, "value": value} for key, value in workload.environment.items()]
    return {
        "name": name,
        "image": IMAGES[name],
        **({"args": options} if options else {}),
        **({"env": variables} if variables else {}),
        "ports": [{"name": "http", "containerPort": PORTS[name]}],
        # A long log of writes is read before it answers: up to ten minutes.
        "startupProbe": _probe(workload.ready, 60),
        "readinessProbe": _probe(workload.ready, 3),
        "livenessProbe": _probe(HEALTH[name], 6),
        "resources": {
            "requests": {"cpu": workload.cpu[0], "memory": workload.memory[0]},
            "limits": {"cpu": workload.cpu[1], "memory": workload.memory[1]},
        },
        "securityContext": CONFINED,
        "volumeMounts": [
            {"name": "data", "mountPath": str(DATA_AT[name])},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - in the container, and its own
            *(
                {"name": _volume(at), "mountPath": str(at), "readOnly": True}
                for at in workload.mounts
            ),
        ],
    }


def _probe(path: str, failures: int) -> Object:
    return {
        "httpGet": {"path": path, "port": "http"},
        "periodSeconds": 10,
        "timeoutSeconds": 5,
        "failureThreshold": failures,
    }


def _volume(at: Path) -> str:
    return "-".join(at.parts[2:])


def _hash(texts: Sequence[str]) -> str:
    return sha256("\0".join(texts).encode()).hexdigest()[:16]
