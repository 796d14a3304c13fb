"""Grafana: whether its door is closed to what everybody knows, and its data source answers."""

from __future__ import annotations

from collections.abc import Iterator

from vitrine.adapters.grafana import ADMIN, Grafana
from vitrine.adapters.http_api import ApiError, RefusedError
from vitrine.monitoring.grafana.dashboard import DATASOURCE_UID
from vitrine.operations.doctor.finding import Finding, absent, guarded, ok, problem, warning
from vitrine.operations.doctor.patient import Patient

CHANGE = "docker exec grafana grafana cli admin reset-admin-password NEW"
HEALTHY = "OK"


def look_at_grafana(patient: Patient) -> Iterator[Finding]:
    password = patient.grafana_password
    grafana = Grafana(patient.grafana, password)
    try:
        version = grafana.version()
    except ApiError as failure:
        if "grafana" in patient.named:
            yield problem("grafana", str(failure), "start it, or unset GRAFANA_URL")
        else:
            yield absent("grafana", f"none runs at {grafana.url}")
        return
    yield ok("grafana", f"version {version} at {grafana.url}")
    if password is None:
        found = "the home has no password of its administrator: tokens and data source not seen"
        yield absent("grafana", found, "write it into grafana-admin-password in the home")
    else:
        yield from guarded("grafana", _inside(grafana, patient))
    # Last, because it may be one of the five failures after which Grafana asks nobody in.
    yield from guarded("default password", _door(grafana))


def _inside(grafana: Grafana, patient: Patient) -> Iterator[Finding]:
    try:
        tokens = list(grafana.tokens())
    except RefusedError as refused:
        if refused.status != 401:
            raise
        yield warning(
            "grafana",
            "the password in the home does not open it: tokens and data source not seen",
            f"write the right one into {patient.home / 'grafana-admin-password'};"
            " after five failures it opens to nobody for five minutes",
        )
        return
    lasting = [f"{token.name} of {token.account}" for token in tokens if token.lasting]
    if lasting:
        yield problem(
            "tokens", f"never end: {', '.join(lasting)}", "replace them by ones with secondsToLive"
        )
    else:
        yield ok("tokens", f"all {len(tokens)} end some day" if tokens else "there are none")
    yield _source(grafana)


def _source(grafana: Grafana) -> Finding:
    try:
        health = grafana.source(DATASOURCE_UID)
    except RefusedError as refused:
        return problem("data source", str(refused), "see whether Grafana reaches Prometheus")
    if health is None:
        return problem(
            "data source",
            f"there is none with the uid {DATASOURCE_UID}, which every dashboard asks",
            "provision it: deploy/grafana/provisioning (docs/monitoring.md#accessing-dashboards)",
        )
    if health != HEALTHY:
        return problem("data source", f"it says {health}", "see whether Grafana reaches Prometheus")
    return ok("data source", f"{DATASOURCE_UID} reaches Prometheus")


def _door(grafana: Grafana) -> Iterator[Finding]:
    if grafana.opens_to(ADMIN, ADMIN):
        yield problem("default password", f"{ADMIN} / {ADMIN} opens {grafana.url}", CHANGE)
    else:
        yield ok("default password", f"{ADMIN} / {ADMIN} is refused")
