"""Alerting: whether an alert would reach somebody, and the watchdog proves that it does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import yaml

from vitrine.adapters.http_api import ApiError, HttpApi, NotThereError
from vitrine.adapters.prometheus_api import PrometheusApi
from vitrine.catalogue.alert import Severity
from vitrine.catalogue.alerts.telemetry import WATCHDOG
from vitrine.operations.doctor.delivery import look_at_delivery
from vitrine.operations.doctor.finding import Finding, absent, guarded, ok, problem, warning
from vitrine.operations.doctor.patient import Patient
from vitrine.operations.doctor.routing import Configuration, receivers, route_of, silent_ends

LABELS = {"alertname": WATCHDOG.name, "severity": Severity.HEARTBEAT.value}
WHO = "set SLACK_WEBHOOK_URL or ALERT_EMAIL_TO (docs/monitoring.md#alerting)"
LISTEN = "set VITRINE_HEARTBEAT_URL to somebody who worries when it stops"
GENERATED = "use the configuration that `vitrine up` or `vitrine secrets` writes"


def look_at_alerting(patient: Patient) -> Iterator[Finding]:
    alertmanager = HttpApi(patient.alertmanager)
    try:
        status = alertmanager.json("/api/v2/status")
    except NotThereError as failure:
        missing = problem if "alertmanager" in patient.named else absent
        yield missing("alertmanager", f"{failure}: alerts reach nobody", WHO)
        return
    except ApiError as failure:
        yield problem("alertmanager", str(failure), "name another with --alertmanager")
        return
    yield ok("alertmanager", f"version {status['versionInfo']['version']} at {alertmanager.url}")
    running = yaml.safe_load(status["config"]["original"])
    yield from guarded("receivers", _receivers(running))
    yield from guarded("delivery", _delivery(PrometheusApi(patient.prometheus)))
    yield from guarded("watchdog", _route(running))
    yield from guarded("watchdog", _watchdog(PrometheusApi(patient.prometheus), alertmanager))


def _delivery(prometheus: PrometheusApi) -> Iterator[Finding]:
    try:
        yield from look_at_delivery(prometheus)
    except NotThereError:
        yield absent("delivery", "no Prometheus tells Alertmanager of alerts")


def _receivers(running: Configuration) -> Iterator[Finding]:
    found = receivers(running)
    empty = [name for name, kinds in found.items() if not kinds]
    if empty:
        yield problem("receivers", f"tells nobody: {', '.join(empty)}", WHO)
    silent = list(silent_ends(running))
    if silent:
        yield problem(
            "receivers",
            f"never says that an alert is over: {', '.join(silent)}",
            "send_resolved: true, which is not the default there",
        )
    if not empty and not silent:
        told = (
            f"{name} ({', '.join(kind.removesuffix('_configs') for kind in kinds)})"
            for name, kinds in found.items()
        )
        yield ok("receivers", "; ".join(told))


def _route(running: Configuration) -> Iterator[Finding]:
    route = route_of(running, LABELS)
    if not route.own:
        yield problem(
            "watchdog", f"it has no route: {route.receiver} hears of it like of alerts", GENERATED
        )
    elif route.muted:
        yield warning("watchdog", "nobody listens for it", LISTEN)
    else:
        yield ok("watchdog", f"it goes to {route.receiver}")


def _watchdog(prometheus: PrometheusApi, alertmanager: HttpApi) -> Iterator[Finding]:
    try:
        alerts = prometheus.data("alerts")["alerts"]
    except NotThereError:
        yield absent("watchdog", "no Prometheus sends it")
        return
    if not any(_is_watchdog(alert) for alert in alerts):
        yield problem("watchdog", "it does not fire in Prometheus", "see the rules, above")
        return
    asked = {"filter": f'alertname="{WATCHDOG.name}"'}
    if alertmanager.json("/api/v2/alerts", asked):
        yield ok("watchdog", "it fires in Prometheus and has reached Alertmanager")
    elif _kept_back(prometheus.configuration()):
        yield warning("watchdog", "Prometheus keeps it back, since nobody listens for it", LISTEN)
    else:
        yield problem(
            "watchdog",
            f"it fires in Prometheus and has not reached {alertmanager.url}: no alert would",
            "see `alerting` in Prometheus' configuration; the first one may take a minute",
        )


def _is_watchdog(alert: dict[str, Any]) -> bool:
    name: str = alert["labels"]["alertname"]
    return alert["state"] == "firing" and name == WATCHDOG.name


def _kept_back(configuration: Configuration) -> bool:
    """Return whether Prometheus drops the watchdog before it is sent."""
    dropped = (configuration.get("alerting") or {}).get("alert_relabel_configs") or ()
    return any(
        rule.get("action") == "drop" and Severity.HEARTBEAT.value in str(rule.get("regex"))
        for rule in dropped
    )
