"""How the objects of the service are named and found in a cluster."""

from __future__ import annotations

from typing import Any

from vitrine.monitoring.prometheus import SERVICE

Object = dict[str, Any]

NAME, PART_OF = "app.kubernetes.io/name", "app.kubernetes.io/part-of"
WORKER, MIGRATION = f"{SERVICE}-worker", f"{SERVICE}-migrate"
BACKUP, RESTORE = f"{SERVICE}-backup", f"{SERVICE}-restore"


def labels(part: str) -> Object:
    return {NAME: part, PART_OF: SERVICE}


def metadata(name: str, part: str) -> Object:
    """Return an object's name, and the labels by which its part of the service is found."""
    return {"name": name, "labels": labels(part)}
