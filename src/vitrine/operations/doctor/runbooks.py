"""The runbooks of the alerts that fire now: whether their addresses open."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit, urlunsplit

from vitrine.adapters.http_api import ApiError, HttpApi, NotThereError
from vitrine.adapters.prometheus_api import PrometheusApi
from vitrine.operations.doctor.finding import Finding, absent, ok, problem, warning
from vitrine.operations.doctor.patient import Patient


def look_at_runbooks(patient: Patient) -> Iterator[Finding]:
    try:
        alerts = PrometheusApi(patient.prometheus).data("alerts")["alerts"]
    except ApiError:
        yield absent("runbooks", "no Prometheus says what fires")
        return
    firing = [alert for alert in alerts if alert["state"] == "firing"]
    without = sorted({one["labels"]["alertname"] for one in firing if not _address(one)})
    if without:
        yield warning("runbooks", f"no address: {', '.join(without)}", "give it a runbook_url")
    addresses = sorted({_address(alert) for alert in firing} - {""})
    elsewhere = [one for one in addresses if not one.startswith(f"{patient.public_url}/")]
    if elsewhere:
        yield warning(
            "runbooks",
            f"{elsewhere[0]} is not below VITRINE_PUBLIC_URL, {patient.public_url}",
            "`vitrine generate --public-url`, with the address under which people reach you",
        )
    yield from _opened(addresses)


def _opened(addresses: list[str]) -> Iterator[Finding]:
    opened = 0
    for address in addresses:
        split = urlsplit(address)
        page = HttpApi(f"{split.scheme}://{split.netloc}")
        try:
            status = page.ask(urlunsplit(split._replace(scheme="", netloc=""))).status_code
        except NotThereError as failure:
            yield warning("runbooks", f"{failure}, where {address} should be", "start the service")
            return
        if status == 200:
            opened += 1
        else:
            yield problem("runbooks", f"{address} answers {status}", "make the address open")
    if opened:
        yield ok("runbooks", f"{opened} of {len(addresses)} alerts that fire have one that opens")


def _address(alert: dict[str, dict[str, str]]) -> str:
    return alert["annotations"].get("runbook_url", "")
