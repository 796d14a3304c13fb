"""What Grafana reads at start: the data source, and where the dashboards are."""

from __future__ import annotations

import yaml

from vitrine.monitoring.grafana.dashboard import DATASOURCE_UID
from vitrine.monitoring.reference import MARK

FOLDER = "Vitrine"
DASHBOARDS_AT = "/etc/grafana/dashboards/vitrine"
RELOAD_EVERY_S = 60


def datasource_yml(url: str) -> str:
    """Return the data source: the Prometheus at `url`, under an address that never changes."""
    source = {
        "name": "Vitrine",
        "uid": DATASOURCE_UID,
        "type": "prometheus",
        "access": "proxy",
        "url": url,
        "isDefault": True,
        "editable": False,
        "jsonData": {"httpMethod": "POST", "timeInterval": "15s"},
    }
    return _file({"apiVersion": 1, "datasources": [source]})


def provider_yml() -> str:
    """Return the provider of our dashboards; one that a person saves is in another folder."""
    provider = {
        "name": "vitrine",
        "type": "file",
        "folder": FOLDER,
        "allowUiUpdates": False,
        "updateIntervalSeconds": RELOAD_EVERY_S,
        "options": {"path": DASHBOARDS_AT, "foldersFromFilesStructure": False},
    }
    return _file({"apiVersion": 1, "providers": [provider]})


def _file(content: object) -> str:
    return f"# {MARK.replace('`', '')}\n{yaml.safe_dump(content, sort_keys=False)}"
