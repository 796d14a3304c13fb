"""What Grafana reads at start: the data source, and where the dashboards are."""

from __future__ import annotations

from typing import Any

import yaml

from vitrine.monitoring.grafana.dashboard import DATASOURCE_UID
from vitrine.monitoring.reference import MARK

FOLDERS_AT = "/etc/grafana/dashboards"
DASHBOARDS_AT = f"{FOLDERS_AT}/vitrine"
OWN_AT = f"{FOLDERS_AT}/own"
ARCHIVE_AT = f"{FOLDERS_AT}/archive"
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
    """Return the folders: our dashboards, the user's own ones, and those that we retired.

    Only the user's own may be changed in Grafana, and none of them is deleted there because
    its file is gone.
    """
    providers = [
        _provider("vitrine", "Vitrine", DASHBOARDS_AT),
        _provider("own", "Own", OWN_AT, own=True),
        _provider("archive", "Vitrine archive", ARCHIVE_AT),
    ]
    return _file({"apiVersion": 1, "providers": providers})


def _provider(name: str, folder: str, path: str, *, own: bool = False) -> dict[str, Any]:
    return {
        "name": name,
        "type": "file",
        "folder": folder,
        "allowUiUpdates": own,
        "disableDeletion": own,
        "updateIntervalSeconds": RELOAD_EVERY_S,
        "options": {"path": path, "foldersFromFilesStructure": False},
    }


def _file(content: object) -> str:
    return f"# {MARK.replace('`', '')}\n{yaml.safe_dump(content, sort_keys=False)}"
