"""One declared panel as Grafana's JSON."""

from __future__ import annotations

from typing import Any

from vitrine.catalogue.dashboard import Colour, Panel, PanelKind, Query, Threshold, Unit
from vitrine.catalogue.promql import Style
from vitrine.monitoring.links import Links

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
TYPES = {
    PanelKind.LINE: "timeseries",
    PanelKind.AREA: "timeseries",
    PanelKind.HISTOGRAM: "heatmap",
    PanelKind.BAR: "barchart",
    PanelKind.TABLE: "table",
    PanelKind.PIE: "piechart",
    PanelKind.GAUGE: "gauge",
    PanelKind.BOX: "candlestick",
    PanelKind.COUNTER: "stat",
}
MOST_DATA_POINTS = 1_000
"""What a screen can show; a range of a year then costs as much as one of an hour."""
CANDLE = {"min": "low", "q1": "open", "median": "median", "q3": "close", "max": "high"}
"""A candlestick stands for a box: wick from P5 to P95, body from P25 to P75."""
REDUCE = {"values": False, "calcs": ["lastNotNull"], "fields": ""}


def panel_json(panel: Panel, number: int, place: dict[str, int], links: Links) -> dict[str, Any]:
    """Return a panel as Grafana reads it."""
    content: dict[str, Any] = {
        "id": number,
        "type": TYPES[panel.kind],
        "title": panel.title,
        "description": panel.description,
        "datasource": DATASOURCE,
        "gridPos": place,
        "maxDataPoints": MOST_DATA_POINTS,
        "links": [
            {"title": f"Runbook: {alert}", "url": links.runbook(alert), "targetBlank": True}
            for alert in panel.alerts
        ],
        "targets": [
            _target(panel, query, chr(ord("A") + index))
            for index, query in enumerate(panel.queries)
        ],
        "fieldConfig": {"defaults": _defaults(panel), "overrides": _overrides(panel)},
        "options": _options(panel),
    }
    if panel.kind is PanelKind.BOX:  # one box for each provider
        content |= {"repeat": "provider", "repeatDirection": "h"}
    transformations = _transformations(panel)
    if transformations:
        content["transformations"] = transformations
    return content


def _target(panel: Panel, query: Query, letter: str) -> dict[str, Any]:
    tabular = panel.kind in (PanelKind.TABLE, PanelKind.BAR)
    return {
        "refId": letter,
        "datasource": DATASOURCE,
        "expr": query.expression.render(Style(grafana=True)),
        "legendFormat": CANDLE.get(query.column, query.legend),
        "editorMode": "code",
        "instant": query.instant,
        "range": not query.instant,
        "exemplar": query.exemplars,
        "format": _format(panel.kind, tabular=tabular),
    }


def _format(kind: PanelKind, *, tabular: bool) -> str:
    if tabular:
        return "table"
    return "heatmap" if kind is PanelKind.HISTOGRAM else "time_series"


def _defaults(panel: Panel) -> dict[str, Any]:
    defaults: dict[str, Any] = {
        "unit": panel.unit.value,
        "min": 0,
        "color": {"mode": "thresholds" if _coloured(panel) else "palette-classic"},
        "thresholds": {"mode": "absolute", "steps": [_step(step) for step in panel.thresholds]},
        "noValue": "no traffic",
    }
    if panel.unit is Unit.COUNT:
        defaults["decimals"] = 0
    if panel.most is not None:
        defaults["max"] = panel.most
    if panel.kind in (PanelKind.LINE, PanelKind.AREA):
        shown = len(panel.thresholds) > 1
        defaults["custom"] = {
            "drawStyle": "line",
            "lineWidth": 1,
            "fillOpacity": 25 if panel.kind is PanelKind.AREA else 0,
            "stacking": {
                "mode": "normal" if panel.kind is PanelKind.AREA else "none",
                "group": "A",
            },
            "showPoints": "never",
            "spanNulls": False,
            "thresholdsStyle": {"mode": "dashed" if shown else "off"},
        }
    return defaults


def _coloured(panel: Panel) -> bool:
    return panel.kind in (PanelKind.GAUGE, PanelKind.COUNTER, PanelKind.TABLE)


def _step(threshold: Threshold) -> dict[str, Any]:
    return {"value": threshold.value, "color": threshold.colour.value}


def _overrides(panel: Panel) -> list[dict[str, Any]]:
    if panel.kind is not PanelKind.BOX:
        return []
    line = [
        {"id": "custom.drawStyle", "value": "line"},
        {"id": "color", "value": {"mode": "fixed", "fixedColor": Colour.NEUTRAL.value}},
    ]
    return [{"matcher": {"id": "byName", "options": "median"}, "properties": line}]


def _options(panel: Panel) -> dict[str, Any]:
    legend = {"displayMode": "list", "placement": "bottom", "showLegend": True}
    match panel.kind:
        case PanelKind.LINE | PanelKind.AREA:
            return {"legend": legend, "tooltip": {"mode": "multi", "sort": "desc"}}
        case PanelKind.HISTOGRAM:
            return {
                "calculate": False,
                "yAxis": {"unit": panel.unit.value},
                "color": {"mode": "scheme", "scheme": "Blues", "steps": 32},
                "exemplars": {"color": "orange"},
                "tooltip": {"mode": "single", "yHistogram": True},
                "legend": {"show": True},
            }
        case PanelKind.BAR:
            return {"orientation": "horizontal", "legend": legend, "showValue": "auto"}
        case PanelKind.TABLE:
            return {"showHeader": True, "cellHeight": "sm"}
        case PanelKind.PIE:
            return {
                "pieType": "pie",
                "reduceOptions": REDUCE,
                "displayLabels": ["percent"],
                "legend": {**legend, "values": ["value"]},
            }
        case PanelKind.GAUGE:
            return {"reduceOptions": REDUCE, "showThresholdMarkers": True}
        case PanelKind.COUNTER:
            return {"reduceOptions": REDUCE, "colorMode": "value", "graphMode": "area"}
        case PanelKind.BOX:
            return {"mode": "candles", "candleStyle": "candles", "legend": legend}


def _transformations(panel: Panel) -> list[dict[str, Any]]:
    """Return how the answers of several queries become one table, without bookkeeping columns."""
    if panel.kind not in (PanelKind.TABLE, PanelKind.BAR):
        return []
    named = {
        (f"Value #{chr(ord('A') + index)}" if len(panel.queries) > 1 else "Value"): (
            query.column or query.legend
        )
        for index, query in enumerate(panel.queries)
    }
    merge = [{"id": "merge", "options": {}}] if len(panel.queries) > 1 else []
    hidden = {"Time": True}
    organize = {"excludeByName": hidden, "renameByName": named}
    return [*merge, {"id": "organize", "options": organize}]
