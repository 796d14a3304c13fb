"""The long-term store: whether what is recorded arrives there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vitrine.adapters.http_api import ApiError
from vitrine.adapters.prometheus_api import PrometheusApi
from vitrine.operations.doctor.finding import Finding, absent, ok, problem

BEHIND_S = 180.0
LATELY = "2m"
SENT_AGAIN = "prometheus_remote_storage_samples_retried_total"
LOST = "prometheus_remote_storage_samples_failed_total"
SENT_UNTIL = "prometheus_remote_storage_queue_highest_sent_timestamp_seconds"
HAS_UNTIL = "prometheus_remote_storage_highest_timestamp_in_seconds"
DO = "see whether it runs and its disk is full: docs/runbooks/LongTermStoreNotReceiving.md"


def look_at_store(prometheus: PrometheusApi) -> Iterator[Finding]:
    targets = prometheus.configuration().get("remote_write") or []
    if not targets:
        yield absent(
            "long-term store",
            "Prometheus writes to none: nothing is kept longer than it keeps it itself",
            "docs/monitoring.md#metric-retention says how it is meant",
        )
        return
    for target in targets:
        yield _judged(prometheus, str(target.get("name", "")))


def _judged(prometheus: PrometheusApi, name: str) -> Finding:
    behind = _behind(prometheus.own_metrics(), name)
    if behind > BEHIND_S:
        return problem("long-term store", f"{name} is {behind:.0f} s behind", DO)
    try:
        lost, sent_again = (_lately(prometheus, metric, name) for metric in (LOST, SENT_AGAIN))
    except ApiError as failure:
        # Where Prometheus reads from the store, an answer may wait for it.
        return problem("long-term store", f"{failure}, perhaps because {name} does not", DO)
    if lost or sent_again:
        found = f"lately {lost:.0f} samples for {name} were refused, {sent_again:.0f} sent again"
        return problem("long-term store", found, DO)
    return ok("long-term store", f"{name} takes what is recorded")


def _lately(prometheus: PrometheusApi, metric: str, name: str) -> float:
    found = prometheus.query(f'sum(increase({metric}{{remote_name="{name}"}}[{LATELY}]))')
    return float(found[0]["value"][1]) if found else 0.0


def _behind(said: dict[str, Any], name: str) -> float:
    """Return how many seconds of data were not sent yet; 0 where nothing was recorded."""
    has = max((value for _, value in said.get(HAS_UNTIL, ())), default=0.0)
    sent = [value for labels, value in said.get(SENT_UNTIL, ()) if labels["remote_name"] == name]
    return has - max(sent) if sent and max(sent) > 0 else 0.0
