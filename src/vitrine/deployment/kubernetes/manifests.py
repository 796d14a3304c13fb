"""`k8s/service/` and what lies beside it, file by file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from vitrine.deployment.image import IMAGE
from vitrine.deployment.kubernetes import backup, pods, reach, scaling
from vitrine.deployment.kubernetes.connections import pool_size
from vitrine.deployment.labels import BACKUP, MIGRATION, RESTORE, Object, metadata
from vitrine.monitoring.prometheus import SERVICE
from vitrine.monitoring.yml import documents, head

FOLDER = Path("k8s/service")
MIGRATE = Path("k8s/migrate")
BACK_UP = Path("k8s/backup")
RESTORING = Path("k8s/restore")
ADAPTER_FILE = Path("k8s/adapter/prometheus-adapter.yml")
NOTES = (
    "After `vitrine secrets kubernetes | kubectl apply -f -` and the migration",
    "(docs/deployment.md):",
    "",
    "  kubectl apply -k k8s/service",
)
MIGRATE_NOTES = (
    "Before a new version of k8s/service/ (docs/deployment.md):",
    "",
    f"  kubectl delete job {MIGRATION} --ignore-not-found",
    f"  kubectl apply -f {FOLDER / 'config.yml'}",
    f"  kubectl apply -k {MIGRATE}",
    f"  kubectl wait --for=condition=complete --timeout=10m job/{MIGRATION}",
)
BACKUP_NOTES = (
    "Beside k8s/service/, a backup of the database every night (docs/operations.md):",
    "",
    f"  kubectl apply -k {BACK_UP}",
    f"  kubectl create job --from=cronjob/{BACKUP} {BACKUP}-now",
)
RESTORE_NOTES = (
    "To bring a backup of k8s/backup/ back, or to take it along (docs/operations.md):",
    "",
    f"  kubectl apply -k {RESTORING}",
    f"  kubectl exec {RESTORE} -- vitrine restore ARCHIVE --home NEW",
    f"  kubectl delete -k {RESTORING}",
)
ADAPTER_NOTES = (
    "The rules of prometheus-adapter, for whoever runs one: its file of configuration, or in the",
    "values of its Helm chart what stands below `rules`, as `rules.custom` (docs/deployment.md).",
)


def manifests(public_url: str, host: str) -> Mapping[Path, str]:
    """Return the manifests by their path; people reach the service under `public_url`."""
    files = {
        "config.yml": [config(public_url), pods.account()],
        "service.yml": [pods.service_pods(), *reach.services()],
        "worker.yml": [pods.worker_pods()],
        "scaling.yml": [scaling.disruption_budget(), scaling.autoscaler()],
        "ingress.yml": [reach.ingress(host)],
        "network-policies.yml": reach.policies(),
    }
    return {
        **{FOLDER / name: head(*NOTES) + documents(*objects) for name, objects in files.items()},
        FOLDER / "kustomization.yml": head(*NOTES)
        + documents({**kustomization(list(files)), **counted_by_the_autoscaler()}),
        **_directory(MIGRATE, MIGRATE_NOTES, {"job.yml": pods.migration()}),
        **_directory(
            BACK_UP,
            BACKUP_NOTES,
            {"claim.yml": backup.claim(), "cronjob.yml": backup.nightly()},
        ),
        **_directory(RESTORING, RESTORE_NOTES, {"pod.yml": backup.restoring()}),
        ADAPTER_FILE: head(*ADAPTER_NOTES) + documents(scaling.adapter_rules()),
    }


def _directory(at: Path, notes: tuple[str, ...], files: Mapping[str, Object]) -> Mapping[Path, str]:
    """Return a directory for `kubectl apply -k`, of one object in each file."""
    texts = {**files, "kustomization.yml": kustomization(list(files))}
    return {at / name: head(*notes) + documents(one) for name, one in texts.items()}


def config(public_url: str) -> Object:
    """Return the settings that are no secrets.

    Proxies are trusted wherever pods get addresses: the network's policies let nobody in but
    the ingress controller and Prometheus.
    """
    settings = {
        "VITRINE_PUBLIC_URL": public_url,
        "VITRINE_TRUSTED_PROXIES": ",".join(reach.PRIVATE[:3]),
        "VITRINE_PROMETHEUS_URL": "http://prometheus:9090",
        "VITRINE_ALERTMANAGER_URL": "http://alertmanager:9093",
        "DB_POOL_SIZE": str(pool_size()),
        "LOG_LEVEL": "INFO",
    }
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": metadata(pods.CONFIG, SERVICE),
        "data": settings,
    }


def kustomization(files: list[str]) -> Object:
    """Return the list of files, and the image, of which a directory of your own names another."""
    name, _, tag = IMAGE.rpartition(":")
    return {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": files,
        "images": [{"name": name, "newName": name, "newTag": tag}],
    }


def counted_by_the_autoscaler() -> Object:
    """Return what takes the number of replicas away: at each `apply` it would undo the scaling."""
    patch = json.dumps([{"op": "remove", "path": "/spec/replicas"}])
    return {"patches": [{"target": {"kind": "Deployment", "name": SERVICE}, "patch": patch}]}
