"""Prometheus' rule files, from the catalogue's recording rules and alerts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from vitrine.catalogue.alert import Alert
from vitrine.catalogue.alerts import ALERTS, GUIDE_ALERTS, MODEL_ALERTS, SERVICE_ALERTS
from vitrine.catalogue.objectives import OBJECTIVES
from vitrine.catalogue.promql import Recorded, Style
from vitrine.catalogue.promql.duration import divided
from vitrine.catalogue.recording import API_P95, CACHE_HIT_RATE, DB_P99, of_objective
from vitrine.monitoring.compressed import TRUE_TIME, Factors
from vitrine.monitoring.reference import MARK

RUNBOOKS = "docs/runbooks"


def rule_files(factors: Factors = TRUE_TIME) -> Mapping[str, str]:
    """Return the rule files by name; valid for Prometheus 2.42 and 3.x.

    `factors` say by what the time of each rule is divided; thresholds never are.
    """
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
        "recording.yml": _file(
            {
                name: [
                    recording(rule, factor) for rule in rules for factor in factors.of_record(rule)
                ]
                for name, rules in recorded.items()
            }
        ),
        "alerts.yml": _file(
            {
                name: [alerting(rule, factors.of(rule)) for rule in rules]
                for name, rules in alerts.items()
            }
        ),
    }


def recording(rule: Recorded, factor: float = 1.0) -> dict[str, Any]:
    """Return one recording rule."""
    style = Style(factor=factor)
    return {"record": style.recorded(rule.name), "expr": rule.expression.render(style)}


def alerting(alert: Alert, factor: float = 1.0) -> dict[str, Any]:
    """Return one alert's rule."""
    expression = alert.expression.render(Style(factor=factor))
    rule: dict[str, Any] = {"alert": alert.name, "expr": expression}
    if alert.hold != "0s":
        rule["for"] = divided(alert.hold, factor)
    if alert.keep_firing:
        rule["keep_firing_for"] = divided(alert.keep_firing, factor)
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
