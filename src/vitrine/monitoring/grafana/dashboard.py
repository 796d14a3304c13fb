"""One declared dashboard as Grafana's JSON: variables, links, annotations, placed panels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any

from vitrine.catalogue.dashboard import Dashboard, Panel
from vitrine.monitoring.grafana.panel import DATASOURCE, panel_json
from vitrine.monitoring.links import LOCAL, Links

DATASOURCE_UID = "vitrine-prometheus"
SCHEMA = 39
"""Grafana 10.4's; newer ones migrate it when they read it."""
COLUMNS = 24
STEPS = 200
LEAST_STEP = "4m"
"""Four times the pace at which sums are recorded: a rate needs two of them at any moment."""
TAG = "vitrine"
REFRESH = "30s"
"""The guide asks for 10 s or more; a scrape comes every 15."""


def dashboard_json(dashboard: Dashboard, links: Links = LOCAL) -> dict[str, Any]:
    """Return a dashboard as Grafana reads it; `links` say where its panels lead to."""
    return {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "description": dashboard.description,
        "tags": [TAG],
        "editable": False,
        "graphTooltip": 1,
        "schemaVersion": SCHEMA,
        "version": 1,
        "refresh": REFRESH,
        "time": {"from": "now-1h", "to": "now"},
        "timezone": "browser",
        "timepicker": {"refresh_intervals": ["10s", "30s", "1m", "5m", "15m", "1h"]},
        "templating": {"list": _variables(dashboard)},
        "annotations": {"list": [_firing()]},
        "links": [
            {
                "type": "dashboards",
                "tags": [TAG],
                "title": "Vitrine",
                "asDropdown": False,
                "includeVars": True,
                "keepTime": True,
                "icon": "external link",
            }
        ],
        "panels": list(_panels(dashboard, links)),
    }


def _panels(dashboard: Dashboard, links: Links) -> Iterator[dict[str, Any]]:
    """Yield what everybody has, then a folded row for each part that not everybody runs."""
    numbers = count(1)
    top = 0
    for part, panels in dashboard.parts:
        placed = [
            panel_json(panel, next(numbers), place, links)
            for panel, place in _placed(panels, top + 1 if part else top)
        ]
        if part:
            place = {"x": 0, "y": top, "w": COLUMNS, "h": 1}
            yield {
                "type": "row",
                "id": next(numbers),
                "title": part,
                "collapsed": True,
                "gridPos": place,
                "panels": placed,
            }
            top += 1
        else:
            yield from placed
            top = max(one["gridPos"]["y"] + one["gridPos"]["h"] for one in placed)


def _placed(panels: Sequence[Panel], top: int) -> Iterator[tuple[Panel, dict[str, int]]]:
    """Yield each panel with its place: from left to right, a new row where it does not fit."""
    x, y, tallest = 0, top, 0
    for panel in panels:
        if x + panel.width > COLUMNS:
            x, y, tallest = 0, y + tallest, 0
        yield panel, {"x": x, "y": y, "w": panel.width, "h": panel.height}
        x, tallest = x + panel.width, max(tallest, panel.height)


def _variables(dashboard: Dashboard) -> list[dict[str, Any]]:
    source = {
        "name": "datasource",
        "label": "Data source",
        "type": "datasource",
        "query": "prometheus",
        "current": {"text": "Vitrine", "value": DATASOURCE_UID},
        "hide": 0,
        "refresh": 1,
    }
    variables = [
        source,
        _labels("job", "Job", "vitrine_build_info"),
        _labels("instance", "Instance", 'vitrine_build_info{job=~"$job"}'),
        _step(),
    ]
    if dashboard.provider:
        provider = _labels("provider", "Provider", 'llm_requests_total{job=~"$job"}')
        variables.append(provider)
    return variables


def _labels(name: str, label: str, selector: str) -> dict[str, Any]:
    query = f"label_values({selector}, {name})"
    return {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": DATASOURCE,
        "definition": query,
        "query": {"query": query, "refId": f"variable-{name}"},
        "refresh": 2,  # on each change of the time range: an instance of last week is found
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".+",
        "current": {"text": ["All"], "value": ["$__all"]},
    }


def _step() -> dict[str, Any]:
    """Return the window of rates of what was recorded once a minute: a hidden variable."""
    auto = {"selected": True, "text": "auto", "value": "$__auto_interval_step"}
    return {
        "name": "step",
        "type": "interval",
        "hide": 2,
        "query": LEAST_STEP,
        "auto": True,
        "auto_count": STEPS,
        "auto_min": LEAST_STEP,
        "options": [auto],
        "current": auto,
        "refresh": 2,
    }


def _firing() -> dict[str, Any]:
    return {
        "name": "Alerts",
        "enable": True,
        "iconColor": "red",
        "datasource": DATASOURCE,
        "expr": 'ALERTS{alertstate="firing", severity!="heartbeat"}',
        "titleFormat": "{{alertname}}",
        "textFormat": "{{severity}} {{objective}} {{provider}}",
        "step": "30s",
    }
