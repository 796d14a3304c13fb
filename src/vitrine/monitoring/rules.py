"""Prometheus' rule files, from the catalogue's recording rules and alerts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from vitrine.catalogue.alert import Alert
from vitrine.catalogue.alerts import ALERTS, GUIDE_ALERTS, MODEL_ALERTS, SERVICE_ALERTS
from vitrine.catalogue.objectives import OBJECTIVES
from vitrine.catalogue.promql import Recorded
from vitrine.catalogue.recording import API_P95, CACHE_HIT_RATE, DB_P99, of_objective
from vitrine.monitoring.reference import MARK

RUNBOOKS = "docs/runbooks"


def rule_files() -> Mapping[str, str]:
    """Return the rule files by name; valid for Prometheus 2.42 and 3.x."""
    recorded = {
        "service": (API_P95, DB_P99, CACHE_HIT_RATE),
        **{f"objective_{one.id}": tuple(of_objective(one)) for one in OBJECTIVES},
    }
    burning = [alert for alert in ALERTS if alert.objective]
    alerts = {
        "portfolio_alerts": GUIDE_ALERTS,
        "objective_alerts": burning,
        "service_alerts": SERVICE_ALERTS,
        "model_alerts": MODEL_ALERTS,
    }
    return {
        "recording.yml": _file({name: map(recording, rules) for name, rules in recorded.items()}),
        "alerts.yml": _file({name: map(alerting, rules) for name, rules in alerts.items()}),
    }


def recording(rule: Recorded) -> dict[str, Any]:
    """Return one recording rule."""
    return {"record": rule.name, "expr": rule.expression.render()}


def alerting(alert: Alert) -> dict[str, Any]:
    """Return one alert's rule."""
    rule: dict[str, Any] = {"alert": alert.name, "expr": alert.expression.render()}
    if alert.hold != "0s":
        rule["for"] = alert.hold
    if alert.keep_firing:
        rule["keep_firing_for"] = alert.keep_firing
    labels = {"severity": alert.severity.value}
    if alert.objective:
        labels |= {"objective": alert.objective, "burn": alert.burn}
    annotations = {
        "summary": alert.summary,
        "description": alert.description,
        "runbook_url": f"{RUNBOOKS}/{alert.name}.md",
    }
    return {**rule, "labels": labels, "annotations": annotations}


def _file(groups: Mapping[str, Iterable[dict[str, Any]]]) -> str:
    content = {"groups": [{"name": name, "rules": list(rules)} for name, rules in groups.items()]}
    text = yaml.safe_dump(content, sort_keys=False, width=1_000, allow_unicode=True)
    return f"# {MARK.replace('`', '')}\n{text}"
