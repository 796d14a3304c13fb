"""Backups of the database: every night into a claim, and the pod by which one is brought back."""

from __future__ import annotations

from vitrine.deployment.image import BACK_UP, BACKUPS_AT
from vitrine.deployment.kubernetes.pods import container_of, pod_of
from vitrine.deployment.labels import BACKUP, RESTORE, Object, labels, metadata

CLAIM = "vitrine-backups"
ROOM = "10Gi"
SCHEDULE = "15 3 * * *"
KEPT_DAYS = 30
TAKES_AT_MOST_S = 2 * 60 * 60
OPEN_FOR_S = 60 * 60
SCRIPT = "\n".join(
    (
        f"vitrine {' '.join(BACK_UP)}",
        f"find {BACKUPS_AT} -name 'vitrine-backup-*' -mtime +{KEPT_DAYS} -delete",
    )
)
"""Old archives go once there is a new one that was restored and compared."""


def claim() -> Object:
    """Return where the archives are. It is not the database's disk, nor that of the pods."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": metadata(CLAIM, BACKUP),
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": ROOM}},
        },
    }


def nightly() -> Object:
    """Return what makes an archive each night, and is never there twice."""
    made = {**_with_archives(BACKUP), "command": ["sh", "-ec"], "args": [SCRIPT]}
    return {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": metadata(BACKUP, BACKUP),
        "spec": {
            "schedule": SCHEDULE,
            "concurrencyPolicy": "Forbid",
            "startingDeadlineSeconds": 3600,
            "successfulJobsHistoryLimit": 1,
            "failedJobsHistoryLimit": 3,
            "jobTemplate": {
                "spec": {
                    "backoffLimit": 1,
                    "activeDeadlineSeconds": TAKES_AT_MOST_S,
                    "template": {
                        "metadata": {"labels": labels(BACKUP)},
                        "spec": {**_pod(made), "restartPolicy": "Never"},
                    },
                }
            },
        },
    }


def restoring() -> Object:
    """Return a pod that has the archives and the program, and waits for `kubectl exec`."""
    made = {**_with_archives(RESTORE), "command": ["sleep"], "args": [str(OPEN_FOR_S)]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata(RESTORE, RESTORE),
        "spec": {
            **_pod(made),
            "restartPolicy": "Never",
            "activeDeadlineSeconds": OPEN_FOR_S,
        },
    }


def _with_archives(name: str) -> Object:
    made = container_of(name, (), ("100m", "1"), ("256Mi", "512Mi"))
    # What is unpacked to be compared has no room beside the program.
    room = {"name": "TMPDIR", "value": BACKUPS_AT}
    mount = {"name": "backups", "mountPath": BACKUPS_AT}
    return {**made, "env": [*made["env"], room], "volumeMounts": [*made["volumeMounts"], mount]}


def _pod(container: Object) -> Object:
    made = pod_of(container, ends_within_s=30)
    volume = {"name": "backups", "persistentVolumeClaim": {"claimName": CLAIM}}
    return {**made, "volumes": [*made["volumes"], volume]}
