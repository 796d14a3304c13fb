"""Loaded rules against declared ones, spelled as Prometheus spells them."""

from __future__ import annotations

from typing import Any

import yaml

from vitrine.catalogue.promql.duration import seconds_of
from vitrine.monitoring.compressed import compressed
from vitrine.monitoring.rules import Pace, rule_files
from vitrine.operations.doctor.finding import Level
from vitrine.operations.doctor.rules import declared, loaded, stale


def answer(pace: Pace | None = None) -> list[dict[str, Any]]:
    """Return our rules in the form of Prometheus' answer."""
    files = rule_files(pace) if pace else rule_files()
    return [
        {
            "name": rule.get("alert") or rule["record"],
            "query": rule["expr"],
            "labels": rule.get("labels", {}),
            "duration": seconds_of(rule.get("for", "0s")),
        }
        for text in files.values()
        for group in yaml.safe_load(text)["groups"]
        for rule in group["rules"]
    ]


def test_our_rules_are_those_that_are_declared() -> None:
    (finding,) = stale(declared(), loaded(answer()))
    assert finding.level is Level.OK
    assert finding.found == f"the {len(declared())} that are declared are loaded"


def test_another_spelling_is_no_other_rule() -> None:
    rules = answer()
    for rule in rules:
        rule["query"] = rule["query"].replace("sum by (", "sum by(").replace(" > 0.", " > 00.")
    assert [finding.level for finding in stale(declared(), loaded(rules))] == [Level.OK]


def test_what_is_not_loaded_is_named() -> None:
    rules = [rule for rule in answer() if rule["name"] not in ("HighLatency", "Watchdog")]
    (finding,) = stale(declared(), loaded(rules))
    assert finding.level is Level.PROBLEM
    assert finding.found == "stale, not loaded: HighLatency, Watchdog"
    assert "start Prometheus again" in finding.do


def test_an_older_form_of_a_rule_is_named() -> None:
    rules = answer()
    changed = {"HighLatency": ("query", "vector(1)"), "LowCacheHitRate": ("duration", 1.0)}
    for rule in rules:
        if rule["name"] in changed:
            name, value = changed[rule["name"]]
            rule[name] = value
    (finding,) = stale(declared(), loaded(rules))
    assert finding.found == "stale, loaded in another form: HighLatency, LowCacheHitRate"


def test_a_record_that_is_missing_for_one_objective_alone_is_noticed() -> None:
    rules = answer()
    records = [rule for rule in rules if rule["labels"].get("objective")]
    rules.remove(records[-1])
    (finding,) = stale(declared(), loaded(rules))
    assert records[-1]["name"] in finding.found


def test_rules_of_a_drill_are_not_ours() -> None:
    found = list(stale(declared(), loaded(answer(Pace(compressed(), lasting=False)))))
    assert [finding.level for finding in found] == [Level.PROBLEM, Level.PROBLEM]
    assert "more" in found[0].found


def test_rules_of_ones_own_are_counted() -> None:
    own = {"name": "Mine", "query": "up == 0", "labels": {}, "duration": 60}
    (finding,) = stale(declared(), loaded([*answer(), own]))
    assert finding.level is Level.OK
    assert finding.found.endswith("are loaded, and 1 of your own")
