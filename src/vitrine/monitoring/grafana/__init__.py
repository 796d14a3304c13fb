"""Grafana's dashboards as classic JSON, which Grafana 10 to 13 read, and its provisioning."""

from vitrine.monitoring.grafana.dashboard import DATASOURCE_UID, dashboard_json
from vitrine.monitoring.grafana.page import panels_page
from vitrine.monitoring.grafana.provisioning import (
    ARCHIVE_AT,
    DASHBOARDS_AT,
    OWN_AT,
    datasource_yml,
    provider_yml,
)

__all__ = [
    "ARCHIVE_AT",
    "DASHBOARDS_AT",
    "DATASOURCE_UID",
    "OWN_AT",
    "dashboard_json",
    "datasource_yml",
    "panels_page",
    "provider_yml",
]
