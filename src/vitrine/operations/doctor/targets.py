"""What Prometheus watches: up, and scraped of late."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from vitrine.adapters.prometheus_api import PrometheusApi
from vitrine.catalogue.external import JOB
from vitrine.catalogue.promql.duration import seconds_of
from vitrine.operations.doctor.finding import Finding, ok, problem, warning

MISSED = 4
"""Scrapes; Prometheus takes a series for gone after five minutes."""
SLACK_S = 10.0


def look_at_targets(prometheus: PrometheusApi) -> Iterator[Finding]:
    targets = prometheus.data("targets", {"state": "active"})["activeTargets"]
    up = []
    for target in targets:
        name = f"{target['labels']['job']} at {target['labels']['instance']}"
        if target["health"] == "down":
            yield problem("targets", f"{name} is down: {target['lastError']}", _why(target))
        elif target["health"] == "unknown":
            yield warning("targets", f"{name} was not scraped yet", "look again in 15 s")
        elif (late := _late_s(target)) is not None:
            said = f"{name} was last scraped {late:,.0f} s ago"
            yield problem("targets", said, "see Prometheus' log, and both clocks")
        else:
            up.append(str(target["labels"]["job"]))
    if up:
        yield ok("targets", f"up, and scraped of late: {', '.join(sorted(set(up)))}")
    if JOB not in {target["labels"]["job"] for target in targets}:
        yield problem(
            "targets",
            f"it watches no job {JOB!r}, by which every rule selects the service",
            "use the configuration that `vitrine up` or `vitrine generate` writes",
        )


def _late_s(target: dict[str, Any]) -> float | None:
    """Return how long ago a target was scraped, if that is too long ago."""
    age = time.time() - datetime.fromisoformat(target["lastScrape"]).timestamp()
    return age if age > MISSED * seconds_of(target["scrapeInterval"]) + SLACK_S else None


def _why(target: dict[str, str]) -> str:
    if "401" in target["lastError"]:
        return "give it the token of the service's home"
    return "see whether it runs, and listens where Prometheus asks"
