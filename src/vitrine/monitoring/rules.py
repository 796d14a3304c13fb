"""Prometheus' rule files, from the catalogue's recording rules and alerts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from vitrine.catalogue.alert import Alert
from vitrine.catalogue.alerts import (
    ALERTS,
    GUIDE_ALERTS,
    MODEL_ALERTS,
    SERVICE_ALERTS,
    WORKER_ALERTS,
)
from vitrine.catalogue.groups import Group, alerting_groups, lasting_groups
from vitrine.catalogue.promql import Recorded, Style
from vitrine.catalogue.promql.duration import divided
from vitrine.monitoring.compressed import TRUE_TIME, Factors
from vitrine.monitoring.links import LOCAL, Links
from vitrine.monitoring.reference import MARK

RUNBOOKS = "docs/runbooks"


@dataclass(frozen=True, slots=True)
class Pace:
    """How the rules run: the time of each divided by its factor, and whether for a year.

    In a drill's compressed time what only people read is not `lasting`. Where groups have no
    pace of their `own`, all are evaluated at each scrape.
    """

    factors: Factors = TRUE_TIME
    lasting: bool = True
    own: bool = True


TRUE_PACE = Pace()


def rule_files(pace: Pace = TRUE_PACE, links: Links = LOCAL) -> Mapping[str, str]:
    """Return the rule files by name; valid for Prometheus 2.42 and 3.x.

    Thresholds are the same at every pace. `links` say where alerts lead to.
    """
    factors = pace.factors
    groups = [*alerting_groups(), *(lasting_groups() if pace.lasting else ())]
    burning = [alert for alert in ALERTS if alert.objective]
    alerts = {
        "portfolio_alerts": GUIDE_ALERTS,
        "objective_alerts": burning,
        "service_alerts": SERVICE_ALERTS,
        "worker_alerts": WORKER_ALERTS,
        "model_alerts": MODEL_ALERTS,
    }
    return {
        "recording.yml": _file([_recording_group(group, pace) for group in groups]),
        "alerts.yml": _file(
            [
                {"name": name, "rules": [alerting(rule, factors.of(rule), links) for rule in rules]}
                for name, rules in alerts.items()
            ]
        ),
    }


def _recording_group(group: Group, pace: Pace) -> dict[str, Any]:
    every = {"interval": group.every} if group.every and pace.own else {}
    rules = [
        recording(rule, factor) for rule in group.rules for factor in pace.factors.of_record(rule)
    ]
    return {"name": group.name, **every, "rules": rules}


def recording(rule: Recorded, factor: float = 1.0) -> dict[str, Any]:
    """Return one recording rule."""
    style = Style(factor=factor)
    labels = {"labels": dict(rule.labels)} if rule.labels else {}
    return {"record": style.recorded(rule.name), "expr": rule.expression.render(style), **labels}


def alerting(alert: Alert, factor: float = 1.0, links: Links = LOCAL) -> dict[str, Any]:
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
        "action": alert.runbook.steps[0],
        "runbook_url": links.runbook(alert.name),
        "dashboard_url": links.dashboard_of(alert.name),
    }
    return {**rule, "labels": labels, "annotations": annotations}


def _file(groups: Sequence[dict[str, Any]]) -> str:
    text = yaml.safe_dump(
        {"groups": list(groups)}, sort_keys=False, width=1_000, allow_unicode=True
    )
    return f"# {MARK.replace('`', '')}\n{text}"
