"""One suite for every `AlertRules`: one that is written down, and a real Prometheus."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.acceptance.prometheus import LivePrometheus, wait_for
from tests.watchers import WrittenAlerts
from vitrine.adapters.prometheus_series import PrometheusAlertRules
from vitrine.operations.server import free_port
from vitrine.usecases.monitoring_ports import ActiveAlert, AlertRules, MonitoringUnavailableError

RULES = """
groups:
  - name: alerts
    rules:
      - alert: Always
        expr: vector(3)
        labels: {severity: warning}
        annotations: {summary: It fires, description: "{{ $value }} of them"}
      - alert: Soon
        expr: vector(1)
        for: 1h
        annotations: {summary: It will}
      - alert: Never
        expr: vector(0) > 1
      - record: a:record:of
        expr: vector(1)
"""
CONFIGURATION = "global: {evaluation_interval: 1s}\nrule_files: [rules.yml]\n"


@pytest.fixture(scope="module")
def prometheus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivePrometheus]:
    home = tmp_path_factory.mktemp("alerts") / "prometheus"
    home.mkdir()
    (home / "rules.yml").write_text(RULES)
    running = LivePrometheus(home, CONFIGURATION)
    wait_for(lambda: len(running.get("alerts")["alerts"]) == 2, "two active alerts")
    yield running
    running.end()


@pytest.fixture(params=["written", "prometheus"])
async def rules(request: pytest.FixtureRequest) -> AsyncIterator[AlertRules]:
    if request.param == "written":
        labels = {"alertname": "Always", "severity": "warning"}
        firing = ActiveAlert("Always", "firing", 1_000, 3.0, labels, "It fires", "3 of them")
        soon = {"alertname": "Soon"}
        pending = ActiveAlert("Soon", "pending", 2_000, 1.0, soon, "It will", "")
        yield WrittenAlerts(frozenset({"Always", "Soon", "Never"}), [pending, firing])
        return
    real = PrometheusAlertRules(request.getfixturevalue("prometheus").url)
    yield real
    await real.close()


async def test_the_alerts_that_are_evaluated_are_known_by_name(rules: AlertRules) -> None:
    assert await rules.known() == {"Always", "Soon", "Never"}


async def test_those_that_hold_say_since_when_how_much_and_for_whom(rules: AlertRules) -> None:
    active = {alert.name: alert for alert in await rules.active()}
    assert set(active) == {"Always", "Soon"}
    firing, pending = active["Always"], active["Soon"]
    assert (firing.state, pending.state) == ("firing", "pending")
    assert firing.value == 3.0
    assert (firing.summary, firing.description) == ("It fires", "3 of them")
    assert dict(firing.labels) == {"alertname": "Always", "severity": "warning"}
    since = [alert.since_ms for alert in await rules.active()]
    assert since == sorted(since)
    assert since[0] > 0


async def test_where_nobody_answers_it_says_so() -> None:
    real = PrometheusAlertRules(f"http://127.0.0.1:{free_port()}")
    with pytest.raises(MonitoringUnavailableError, match="no Prometheus answers"):
        await real.known()
    await real.close()
