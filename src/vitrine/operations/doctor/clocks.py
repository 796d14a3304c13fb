"""Clocks: ours, the service's and Prometheus'; rules and sessions compare their times."""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from time import time as now

from vitrine.adapters.http_api import ApiError, HttpApi
from vitrine.adapters.prometheus_api import PrometheusApi
from vitrine.operations.doctor.finding import Finding, ok, problem, warning
from vitrine.operations.doctor.patient import Patient

WARNED_S, WRONG_S = 5.0, 60.0
DO = "set the clocks by NTP: timedatectl set-ntp true"


def look_at_clocks(patient: Patient) -> Iterator[Finding]:
    """Yield how far the clocks are apart; of who does not answer, other checks speak."""
    for name, ask in (("the service", _of_service), ("Prometheus", _of_prometheus)):
        began = now()
        try:
            theirs = ask(patient)
        except ApiError:
            continue
        if theirs is not None:
            yield judged(name, theirs - (began + now()) / 2)


def judged(name: str, ahead_s: float) -> Finding:
    apart = abs(ahead_s)
    if apart <= WARNED_S:
        return ok("clocks", f"{name} has our time")
    way = "ahead of" if ahead_s > 0 else "behind"
    level = warning if apart <= WRONG_S else problem
    return level("clocks", f"{name} is {apart:,.0f} s {way} this machine", DO)


def _of_service(patient: Patient) -> float | None:
    """Return what the service's answer is dated, to a second; `None` where it has no date."""
    said = HttpApi(patient.service).ask("/health").headers.get("date")
    try:
        return parsedate_to_datetime(said).timestamp() if said else None
    except ValueError:
        return None


def _of_prometheus(patient: Patient) -> float | None:
    (found,) = PrometheusApi(patient.prometheus).query("vector(time())")
    return float(found["value"][1])
