"""The rules that a Prometheus has loaded: healthy, and those that the catalogue declares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import promql_parser
import yaml

from vitrine.adapters.prometheus_api import PrometheusApi
from vitrine.catalogue.promql.duration import seconds_of
from vitrine.monitoring.rules import rule_files
from vitrine.operations.doctor.finding import Finding, ok, problem

SHOWN = 5
RELOAD = "`vitrine generate` and start Prometheus again, which reads them at its start"


class Rule(NamedTuple):
    """A rule by its name and labels, which are all that tells records of one name apart."""

    name: str
    labels: frozenset[tuple[str, str]]


class Form(NamedTuple):
    """What a rule asks, in one spelling, and for how many seconds it waits."""

    query: str
    hold_s: float


def look_at_rules(prometheus: PrometheusApi) -> Iterator[Finding]:
    groups = prometheus.data("rules")["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    failing = [rule for rule in rules if rule["health"] == "err"]
    for rule in failing:
        yield problem(
            "rules", f"{rule['name']} fails: {rule['lastError']}", "see what it reads in Prometheus"
        )
    if rules and not failing:
        yield ok("rules", f"{len(rules)} in {len(groups)} groups, none fails")
    yield from stale(declared(), loaded(rules))


def stale(wanted: Mapping[Rule, Form], found: Mapping[Rule, Form]) -> Iterator[Finding]:
    """Yield how the loaded rules differ from the declared ones; the user's own may be more."""
    missing = sorted({rule.name for rule in wanted if rule not in found})
    changed = sorted(
        {rule.name for rule, form in wanted.items() if rule in found and found[rule] != form}
    )
    if missing:
        yield problem("rules", f"stale, not loaded: {_some(missing)}", RELOAD)
    if changed:
        yield problem("rules", f"stale, loaded in another form: {_some(changed)}", RELOAD)
    if not missing and not changed:
        own = len(found) - len(wanted)
        more = f", and {own} of your own" if own else ""
        yield ok("rules", f"the {len(wanted)} that are declared are loaded{more}")


def declared() -> dict[Rule, Form]:
    """Return the rules of this version."""
    groups = [group for text in rule_files().values() for group in yaml.safe_load(text)["groups"]]
    return {
        _rule(rule.get("alert") or rule["record"], rule): Form(
            _spelled(rule["expr"]), seconds_of(rule["for"]) if "for" in rule else 0.0
        )
        for group in groups
        for rule in group["rules"]
    }


def loaded(rules: list[dict[str, Any]]) -> dict[Rule, Form]:
    """Return the rules of an answer of Prometheus."""
    return {
        _rule(rule["name"], rule): Form(_spelled(rule["query"]), float(rule.get("duration", 0)))
        for rule in rules
    }


def _rule(name: str, rule: Mapping[str, Any]) -> Rule:
    return Rule(str(name), frozenset((rule.get("labels") or {}).items()))


def _spelled(query: str) -> str:
    """Return a query in one spelling; Prometheus has another than we."""
    try:
        return " ".join(promql_parser.parse(query).prettify().split())
    except ValueError:
        return query


def _some(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
