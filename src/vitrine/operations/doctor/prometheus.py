"""Prometheus: there, of a known version, with everything that it watches up."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vitrine.adapters.http_api import ApiError, NotThereError
from vitrine.adapters.prometheus_api import PrometheusApi
from vitrine.catalogue.external import JOB
from vitrine.operations.doctor.exposure import look_at_exposure
from vitrine.operations.doctor.finding import Finding, absent, guarded, ok, problem, warning
from vitrine.operations.doctor.patient import Patient
from vitrine.operations.doctor.rules import look_at_rules
from vitrine.operations.doctor.store import look_at_store

OLDEST, UNKNOWN_FROM = (2, 42), (4, 0)
START = "start it with `vitrine up`, or in containers (docs/deployment.md)"


def look_at_prometheus(patient: Patient) -> Iterator[Finding]:
    prometheus = PrometheusApi(patient.prometheus)
    try:
        version = prometheus.version()
    except NotThereError as failure:
        missing = problem if "prometheus" in patient.named else absent
        yield missing("prometheus", str(failure), START)
        return
    except ApiError as failure:
        yield problem("prometheus", str(failure), "name another with --prometheus")
        return
    yield _version(version, prometheus.url)
    yield from guarded("targets", _targets(prometheus))
    yield from guarded("rules", look_at_rules(prometheus))
    yield from guarded("long-term store", look_at_store(prometheus))
    yield from guarded("admin API", look_at_exposure(prometheus))


def _version(version: str, url: str) -> Finding:
    found = re.match(r"(\d+)\.(\d+)", version)
    numbers = (int(found[1]), int(found[2])) if found else (0, 0)
    if OLDEST <= numbers < UNKNOWN_FROM:
        return ok("prometheus", f"version {version} at {url}")
    return warning(
        "prometheus",
        f"version {version} at {url} is not one that the rules were tried with",
        "use 2.42 to 3.x",
    )


def _targets(prometheus: PrometheusApi) -> Iterator[Finding]:
    targets = prometheus.data("targets", {"state": "active"})["activeTargets"]
    for target in targets:
        name = f"{target['labels']['job']} at {target['labels']['instance']}"
        if target["health"] == "down":
            yield problem("targets", f"{name} is down: {target['lastError']}", _why(target))
        elif target["health"] == "unknown":
            yield warning("targets", f"{name} was not scraped yet", "look again in 15 s")
    up = sorted({str(one["labels"]["job"]) for one in targets if one["health"] == "up"})
    if up:
        yield ok("targets", f"up: {', '.join(up)}")
    if JOB not in {target["labels"]["job"] for target in targets}:
        yield problem(
            "targets",
            f"it watches no job {JOB!r}, by which every rule selects the service",
            "use the configuration that `vitrine up` or `vitrine generate` writes",
        )


def _why(target: dict[str, str]) -> str:
    if "401" in target["lastError"]:
        return "give it the token of the service's home"
    return "see whether it runs, and listens where Prometheus asks"
