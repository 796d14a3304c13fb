"""Compose's services, as processes: they watch a service, keep records and tell people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.composed import Composed
from tests.acceptance.deployed import generate, make_secrets
from tests.acceptance.live import ONCE, LiveService
from tests.acceptance.prometheus import PrometheusApi, wait_for
from tests.acceptance.visitors import visitors
from vitrine.operations.drill.sinks import Sinks, sinks

A_MINUTE_S = 60


@pytest.fixture
def composed(tmp_path: Path) -> Iterator[tuple[Composed, LiveService, Sinks]]:
    """Give Compose's programs, running beside a service and a Slack of the test's own."""
    root = generate(tmp_path / "repository")
    service = LiveService(root / ".vitrine")
    try:
        with sinks() as taken:
            make_secrets(root, SLACK_WEBHOOK_URL=f"{taken.url}/slack")
            stack = Composed(root, tmp_path / "containers", f"127.0.0.1:{service.port}")
            stack.lay_out()
            with stack.running(), visitors(service):
                yield stack, service, taken
    finally:
        service.end()


def test_composes_programs_run_with_the_files_that_they_mount(
    composed: tuple[Composed, LiveService, Sinks],
) -> None:
    stack, _, taken = composed
    prometheus = PrometheusApi(stack.url("prometheus"))
    for job in ("vitrine", "prometheus", "long-term", "alertmanager"):
        assert prometheus.target(job)["lastError"] == ""
    rules = wait_for(lambda: evaluated(prometheus), "rules evaluated")
    assert {rule["health"] for rule in rules} == {"ok"}
    assert prometheus.data("instance:objective_api_success_total:sum")
    long_term = PrometheusApi(stack.url("long-term"))
    assert long_term.data("instance:objective_api_success_total:sum"), "no record was sent on"
    assert not long_term.query("api_requests_total"), "more than records was sent"
    _check_edges(stack, prometheus)
    _check_who_is_told(stack, taken)


def evaluated(prometheus: PrometheusApi) -> list[dict[str, Any]]:
    """Return the rules of each scrape, once none of them is unknown.

    Groups with a pace of their own begin up to five minutes later, each at its own moment.
    """
    groups = [one for one in prometheus.get("rules")["groups"] if one["interval"] < A_MINUTE_S]
    rules = [rule for group in groups for rule in group["rules"]]
    return rules if all(rule["health"] != "unknown" for rule in rules) else []


def _check_edges(stack: Composed, prometheus: PrometheusApi) -> None:
    """A snapshot can be made, a browser shows no page of Prometheus in a frame."""
    snapshot = ONCE.post(f"{stack.url('prometheus')}/api/v1/admin/tsdb/snapshot")
    assert snapshot.json()["status"] == "success"
    headers = prometheus.page(f"{stack.url('prometheus')}/-/healthy").headers
    assert headers["x-frame-options"] == "deny"
    assert headers["content-security-policy"] == "frame-ancestors 'none'"
    unpublished = ONCE.post(f"{stack.url('prometheus')}/api/v1/write")
    assert unpublished.status_code == 404, "the first tier takes what anybody sends"


def _check_who_is_told(stack: Composed, taken: Sinks) -> None:
    """The watchdog reaches Alertmanager and nobody else; what matters reaches people."""
    alerts = f"{stack.url('alertmanager')}/api/v2/alerts"

    def firing() -> set[str]:
        found = ONCE.get(alerts).json()
        return {one["labels"]["alertname"] for one in found}

    wait_for(lambda: "Watchdog" in firing(), "the watchdog at Alertmanager")
    until = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
    alert = {
        "labels": {"alertname": "DatabaseSlowQueries", "severity": "critical"},
        "annotations": {"summary": "Database queries are slow", "description": "P99 is 2 s."},
        "endsAt": until,
    }
    ONCE.post(alerts, json=[alert]).raise_for_status()
    message, *_ = wait_for(lambda: taken.of("slack", "DatabaseSlowQueries"), "Slack's message")
    assert "Database queries are slow" in message.text
    assert not taken.of("slack", "Watchdog")
