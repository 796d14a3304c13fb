"""The Secrets, which `vitrine secrets kubernetes` prints and nobody commits."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from pathlib import Path

from vitrine.monitoring.containers import (
    ALERTMANAGER_CONFIG,
    GRAFANA,
    GRAFANA_PASSWORD,
    METRICS_TOKEN,
    SLACK_WEBHOOK,
    SMTP_PASSWORD,
)
from vitrine.monitoring.kubernetes.objects import Object, files_of, metadata
from vitrine.monitoring.prometheus import ALERTMANAGER, PROMETHEUS
from vitrine.monitoring.yml import documents

KEPT: Mapping[str, Mapping[Path, Path]] = {
    PROMETHEUS: {METRICS_TOKEN: METRICS_TOKEN},
    ALERTMANAGER: {
        ALERTMANAGER_CONFIG: Path("alertmanager.yml"),
        SLACK_WEBHOOK: SLACK_WEBHOOK,
        SMTP_PASSWORD: SMTP_PASSWORD,
    },
    GRAFANA: {GRAFANA_PASSWORD: Path(GRAFANA_PASSWORD.name)},
}
"""Which program reads which secret, and where in its directory."""


def secret_name(program: str) -> str:
    return f"{program}-secrets"


def secret_files(program: str) -> Object:
    """Return a program's Secret as files of a projected directory."""
    paths = {path.name: target for path, target in KEPT[program].items()}
    return files_of("secret", secret_name(program), paths)


def kubernetes_secrets(files: Mapping[Path, str]) -> str:
    """Return the Secrets as manifests; in base64, so that a key that is gone is removed."""
    return documents(
        *(
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": metadata(secret_name(program), program),
                "type": "Opaque",
                "data": {path.name: b64encode(files[path].encode()).decode() for path in paths},
            }
            for program, paths in KEPT.items()
        )
    )
