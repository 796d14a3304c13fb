"""The dashboards as Grafana reads them: the guide's panels, and all rules of its own linter."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from tests.panels import panels_of
from vitrine.catalogue.alerts import ALERTS
from vitrine.catalogue.dashboard import Dashboard, Panel, PanelKind
from vitrine.catalogue.dashboards import DASHBOARDS
from vitrine.monitoring.grafana import (
    DATASOURCE_UID,
    dashboard_json,
    datasource_yml,
    provider_yml,
)

GUIDE = {
    "API Performance": {
        "Requests per second": "line",
        "Response time distribution": "histogram",
        "Error rate by endpoint": "bar",
        "Top slow endpoints": "table",
        "Request count by method": "pie",
    },
    "Database Health": {
        "Query duration by operation": "line",
        "Query count trend": "area",
        "Active connections": "gauge",
        "Slow query log": "table",
        "Index usage stats": "table",
    },
    "LLM Service": {
        "Provider usage distribution": "pie",
        "Response time by provider": "box",
        "Success rate by provider": "gauge",
        "Fallback frequency": "counter",
        "Cost estimation": "counter",
    },
    "Cache Analytics": {
        "Hit rate trend": "line",
        "Hit vs miss distribution": "pie",
        "Memory usage": "gauge",
        "Top keys": "table",
        "Eviction rate": "line",
    },
}
WITHOUT_TARGET = re.compile(r"^(service:|objective:|ALERTS)")
"""Recorded over all jobs and instances, or made by Prometheus: nothing is left to select by."""
CALLS = re.compile(r"(rate|increase)\(([a-z_:]+)[^\[]*\[([^\]]+)\]")
BOARDS = [(board, dashboard_json(board)) for board in DASHBOARDS]
TARGETS = [
    (panel["title"], target)
    for _, board in BOARDS
    for panel in panels_of(board)
    for target in panel["targets"]
]
PANELS = [(board.title, panel) for board in DASHBOARDS for panel in board.panels]


def named(value: Any) -> str:
    return value.title if isinstance(value, Dashboard | Panel) else ""


def test_the_guides_dashboards_have_its_panels_under_its_titles_and_of_its_kinds() -> None:
    found = {
        board.title: {panel.title: panel.kind.value for panel in board.panels}
        for board in DASHBOARDS
    }
    for title, panels in GUIDE.items():
        assert panels.items() <= found[title].items()


@pytest.mark.parametrize(("board", "made"), BOARDS, ids=named)
def test_the_linters_rules_on_dashboards(board: Dashboard, made: dict[str, Any]) -> None:
    variables = {variable["name"]: variable for variable in made["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource"  # template-datasource
    assert variables["datasource"]["query"] == "prometheus"
    for name in ("job", "instance"):  # template-job, template-instance
        assert variables[name]["datasource"]["uid"] == "${datasource}"
        assert variables[name]["multi"]
        assert variables[name]["includeAll"]
        assert variables[name]["allValue"] == ".+"
        assert variables[name]["label"] == name.capitalize()
    assert ("provider" in variables) == board.provider
    queries = [variable for variable in variables.values() if variable["type"] == "query"]
    assert all(variable["refresh"] == 2 for variable in queries)  # template-on-time-change-reload
    assert all(variable["definition"].startswith("label_values(") for variable in queries)
    assert made["editable"] is False  # uneditable-dashboard
    assert made["refresh"] in ("10s", "30s", "1m")
    (annotation,) = made["annotations"]["list"]
    assert annotation["expr"].startswith("ALERTS{")
    (link,) = made["links"]
    assert link["includeVars"]
    assert link["keepTime"]


@pytest.mark.parametrize(("board", "made"), BOARDS, ids=named)
def test_the_linters_rules_on_panels(board: Dashboard, made: dict[str, Any]) -> None:
    for panel in panels_of(made):
        assert panel["datasource"]["uid"] == "${datasource}"  # panel-datasource
        assert panel["title"]  # panel-title-description
        assert panel["description"].count(".") >= 2
        assert panel["fieldConfig"]["defaults"]["unit"]  # panel-units
        assert panel["targets"]  # panel-no-targets
        assert panel["maxDataPoints"] <= 1_000
    assert board.panels


@pytest.mark.parametrize(("title", "target"), TARGETS, ids=lambda value: str(value)[:40])
def test_the_linters_rules_on_targets(title: str, target: dict[str, Any]) -> None:
    query = target["expr"]
    for selector in re.findall(r"[a-z_:][a-z0-9_:]*\{[^}]*\}", query):
        if WITHOUT_TARGET.match(selector):
            continue
        assert 'job=~"$job"' in selector or "job=" in selector, title  # target-job
        assert 'instance=~"$instance"' in selector, title  # target-instance
    for function, metric, window in CALLS.findall(query):
        # Of what is recorded once a minute a rate needs more than a few scrapes: $step.
        rated = "$step" if metric.startswith("instance:") else "$__rate_interval"
        wanted = {"rate": rated, "increase": "$__range"}[function]
        assert window == wanted, title  # target-rate-interval
    for counter in re.findall(r"[a-z_:]+_total[a-z_:]*", query):  # target-counter-agg
        assert re.search(rf"(rate|increase)\({counter}", query), title


@pytest.mark.parametrize(("board", "panel"), PANELS, ids=named)
def test_every_panel_says_what_good_is_and_its_alerts_exist(board: str, panel: Panel) -> None:
    assert panel.shows.endswith(".")
    assert panel.good
    assert panel.act
    assert panel.thresholds[0].value is None
    assert set(panel.alerts) <= {alert.name for alert in ALERTS}
    assert panel.width <= 24
    if panel.kind is PanelKind.BOX:
        assert [query.column for query in panel.queries] == ["min", "q1", "median", "q3", "max"]
    assert board


@pytest.mark.parametrize(("board", "made"), BOARDS, ids=named)
def test_no_two_panels_lie_on_each_other(board: Dashboard, made: dict[str, Any]) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in panels_of(made):
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        taken |= cells
    assert len({panel["id"] for panel in panels_of(made)}) == len(board.panels)


def test_what_not_everybody_runs_is_folded_and_what_everybody_has_is_not() -> None:
    folded = {
        (board.title, one["title"]): [panel["title"] for panel in one["panels"]]
        for board, made in BOARDS
        for one in made["panels"]
        if one["type"] == "row"
    }
    assert folded == {
        (board.title, part): [panel.title for panel in panels]
        for board in DASHBOARDS
        for part, panels in board.parts
        if part
    }
    assert {part for _, part in folded} == {"PostgreSQL and its jobs", "Redis"}
    for _, made in BOARDS:
        rows = [one for one in made["panels"] if one["type"] == "row"]
        assert all(row["collapsed"] for row in rows)
        everywhere = [one["gridPos"] for one in made["panels"] if one["type"] != "row"]
        below = max(place["y"] + place["h"] for place in everywhere)
        assert [row["gridPos"]["y"] for row in rows] == list(range(below, below + len(rows)))


def test_uids_are_fixed_and_the_data_source_is_the_dashboards_own() -> None:
    assert len({board.uid for board in DASHBOARDS}) == len(DASHBOARDS)
    (source,) = yaml.safe_load(datasource_yml("http://prometheus:9090"))["datasources"]
    assert source["uid"] == DATASOURCE_UID
    ours, own, archive = yaml.safe_load(provider_yml())["providers"]
    assert (ours["allowUiUpdates"], own["allowUiUpdates"]) == (False, True)
    assert len({one["options"]["path"] for one in (ours, own, archive)}) == 3
