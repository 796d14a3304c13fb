from __future__ import annotations

import re

import pytest
import yaml

from vitrine.catalogue.alert import Alert
from vitrine.catalogue.alerts import ALERTS
from vitrine.catalogue.objective import BURNS
from vitrine.catalogue.promql.duration import seconds_of
from vitrine.monitoring.compressed import SHORTEST_S, compressed, factor_of, windows_of
from vitrine.monitoring.rules import Pace, rule_files

THRESHOLD = re.compile(r"[<>]=? ([0-9.e-]+)")


@pytest.mark.parametrize("alert", [a for a in ALERTS if windows_of(a)], ids=lambda a: a.name)
def test_the_shortest_window_of_each_alert_is_five_scrapes_or_what_it_is_about_takes(
    alert: Alert,
) -> None:
    shortest = max(SHORTEST_S, alert.takes_s)
    assert windows_of(alert)[0] / factor_of(alert) == pytest.approx(shortest)


def test_every_long_window_of_a_burn_is_a_minute() -> None:
    for burn in BURNS:
        factor = seconds_of(burn.short) / SHORTEST_S
        assert seconds_of(burn.long) / factor == pytest.approx(60.0)


def test_thresholds_are_the_same_in_compressed_time() -> None:
    true, fast = (
        [
            rule["expr"]
            for group in yaml.safe_load(files["alerts.yml"])["groups"]
            for rule in group["rules"]
        ]
        for files in (rule_files(), rule_files(Pace(compressed(), lasting=False)))
    )
    assert [THRESHOLD.findall(one) for one in true] == [THRESHOLD.findall(one) for one in fast]
    assert true != fast


def test_whatever_an_alert_reads_in_compressed_time_is_recorded_in_its_own_time() -> None:
    files = rule_files(Pace(compressed(), lasting=False))
    groups = [group for text in files.values() for group in yaml.safe_load(text)["groups"]]
    rules = [rule for group in groups for rule in group["rules"]]
    recorded = [rule["record"] for rule in rules if "record" in rule]
    assert len(recorded) == len(set(recorded))
    read = {name for rule in rules for name in re.findall(r"\w+:\w+:\w+", rule["expr"])}
    assert read <= set(recorded)
