"""Configurations of Alertmanager, as it shows the running one, judged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from vitrine.monitoring.alertmanager import Email, Notifications, Slack, alertmanager_yml
from vitrine.operations.doctor.alerting import LABELS
from vitrine.operations.doctor.routing import Route, receivers, route_of, silent_ends

TOLD = Notifications(
    Slack(Path("/run/webhook"), "#alerts"),
    Email("owner@example.com", "vitrine@example.com", "mail", 587),
    ("https://example.com/beat",),
)


def ours(told: Notifications = TOLD) -> Any:
    return yaml.safe_load(alertmanager_yml(told))


def test_our_own_configuration_tells_people_and_whoever_listens() -> None:
    assert receivers(ours()) == {
        "people": ["slack_configs", "email_configs"],
        "heartbeat": ["webhook_configs"],
    }
    assert list(silent_ends(ours())) == []
    assert route_of(ours(), LABELS) == Route("heartbeat", own=True, muted=False)
    critical = {"alertname": "TargetDown", "severity": "critical"}
    assert route_of(ours(), critical) == Route("people", own=True, muted=False)


def test_without_a_listener_the_watchdog_is_muted() -> None:
    alone = ours(Notifications(TOLD.slack))
    assert route_of(alone, LABELS) == Route("people", own=True, muted=True)


def test_a_receiver_without_an_integration_is_seen() -> None:
    bad = {"receivers": [{"name": "nobody"}, {"name": "emptied", "slack_configs": []}]}
    assert receivers(bad) == {"nobody": [], "emptied": []}


@pytest.mark.parametrize("config", [{}, {"send_resolved": False}])
def test_slack_and_mail_that_never_say_the_end_are_seen(config: dict[str, bool]) -> None:
    bad = {
        "receivers": [
            {"name": "a", "slack_configs": [config], "webhook_configs": [config]},
            {"name": "b", "email_configs": [{"send_resolved": True}, config]},
        ]
    }
    assert list(silent_ends(bad)) == ["slack of a", "email of b"]


@pytest.mark.parametrize(
    "route",
    [
        {"matchers": ['severity="heartbeat"']},
        {"matchers": ["severity = heartbeat", "alertname=~Watch.*"]},
        {"matchers": ["alertname='Watchdog'", 'severity!="critical"', 'severity!~"warn.*"']},
        {"match": {"alertname": "Watchdog"}},
        {"match_re": {"severity": "heart.*"}},
        {},
    ],
)
def test_a_route_is_read_in_every_way_that_it_may_be_written(route: dict[str, Any]) -> None:
    tree = {"route": {"receiver": "all", "routes": [{"receiver": "beat", **route}]}}
    assert route_of(tree, LABELS) == Route("beat", own=True, muted=False)


@pytest.mark.parametrize(
    "route",
    [
        {"matchers": ['severity="critical"']},
        {"matchers": ['severity=~"heart"']},
        {"matchers": ['severity!="heartbeat"']},
        {"match": {"team": "blue"}},
    ],
)
def test_a_route_for_others_does_not_take_it(route: dict[str, Any]) -> None:
    tree = {"route": {"receiver": "all", "routes": [{"receiver": "beat", **route}]}}
    assert route_of(tree, LABELS) == Route("all", own=False, muted=False)


def test_the_innermost_route_that_takes_it_decides() -> None:
    inner = [{"matchers": ['severity="heartbeat"'], "receiver": "beat"}]
    tree = {"route": {"receiver": "all", "routes": [{"routes": inner}]}}
    assert route_of(tree, LABELS).receiver == "beat"
