"""The service: alive, ready, the one of this home, and private where it should be."""

from __future__ import annotations

from collections.abc import Iterator

from vitrine import __version__
from vitrine.adapters.http_api import ApiError, HttpApi, NotThereError, RefusedError
from vitrine.operations.doctor.exposed import look_at_page
from vitrine.operations.doctor.finding import Finding, ok, problem, warning
from vitrine.operations.doctor.patient import Patient

THROUGH_A_PROXY = {"x-forwarded-for": "192.0.2.1", "forwarded": "for=192.0.2.1"}
"""An address of the documentation's own network, as a proxy would name whom it speaks for."""
REFUSED, HIDDEN = (401, 403), 404


def look_at_service(patient: Patient) -> Iterator[Finding]:
    service = HttpApi(patient.service)
    try:
        health = service.json("/health")
    except NotThereError as failure:
        start = f"start it: vitrine serve --home {patient.home}"
        yield problem("service", str(failure), f"{start}, or say where it is with --url")
        return
    except ApiError as failure:
        yield problem("service", str(failure), "say where it is with --url, or read its log")
        return
    version = health["version"]
    if version == __version__:
        yield ok("service", f"version {version} with the site {health['site']} at {service.url}")
    else:
        yield warning("service", f"version {version} runs, this is {__version__}", "start it again")
    yield _ready(service)
    yield from _metrics(service, patient)


def _ready(service: HttpApi) -> Finding:
    try:
        service.json("/ready")
    except RefusedError as refused:
        return problem("ready", str(refused), "read the service's log")
    return ok("ready", "it can do its work")


def _metrics(service: HttpApi, patient: Patient) -> Iterator[Finding]:
    stranger = service.ask("/metrics", headers=THROUGH_A_PROXY)
    if stranger.is_success:
        yield problem(
            "metrics",
            f"{service.url}/metrics opens to everybody who comes through a proxy",
            "keep /metrics from others in the proxy, and see VITRINE_TRUSTED_PROXIES",
        )
    else:
        yield ok("metrics", f"without the token, a proxy is answered {stranger.status_code}")
    if patient.metrics_token is None:
        return
    token = {"authorization": f"Bearer {patient.metrics_token}"}
    page = service.ask("/metrics", headers=token)
    status = page.status_code
    if status in REFUSED:
        yield problem(
            "metrics",
            f"the token of {patient.home} does not open it: this service has another home",
            "name its home with --home",
        )
    elif status == HIDDEN:
        yield ok("metrics", f"{service.url}/metrics cannot be reached at all from there")
    elif not page.is_success:
        yield problem(
            "metrics", f"{service.url}/metrics answers {status}", "read the service's log"
        )
    else:
        yield ok("metrics", "the home's token opens it")
        yield from look_at_page(page.text)
