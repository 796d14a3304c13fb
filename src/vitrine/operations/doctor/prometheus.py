"""Prometheus: there, of a known version, with everything that it watches up."""

from __future__ import annotations

import re
from collections.abc import Iterator

from vitrine.adapters.http_api import ApiError, NotThereError
from vitrine.adapters.prometheus_api import PrometheusApi
from vitrine.operations.doctor.exposure import look_at_exposure
from vitrine.operations.doctor.finding import Finding, absent, guarded, ok, problem, warning
from vitrine.operations.doctor.patient import Patient
from vitrine.operations.doctor.retention import look_at_samples
from vitrine.operations.doctor.rules import look_at_rules
from vitrine.operations.doctor.store import look_at_store
from vitrine.operations.doctor.targets import look_at_targets

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
    yield from guarded("targets", look_at_targets(prometheus))
    yield from guarded("rules", look_at_rules(prometheus))
    yield from guarded("retention", look_at_samples(prometheus))
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
