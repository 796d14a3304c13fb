"""Three unit tests for each alert, for `promtool test rules`: fires, stays silent, resolves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import yaml

from vitrine.catalogue.alert import Alert, Feed
from vitrine.catalogue.metric import Metric
from vitrine.catalogue.promql.duration import seconds_of
from vitrine.catalogue.recording import needed_by
from vitrine.monitoring.compressed import windows_of
from vitrine.monitoring.rules import alerting, recording

MINUTE = 60
STEPS = 6
"""So many in the shortest window are enough for a rate: three days then have 72."""
JOB = {"job": "vitrine", "instance": "a"}


class RuleTest(NamedTuple):
    """The rules that an alert needs, and the tests of it, as two files for promtool."""

    rules: str
    tests: str


def rule_test(alert: Alert, rule_file: str) -> RuleTest:
    """Return an alert's rules and its three tests, which name the rules `rule_file`."""
    needed = needed_by(alert.expression)
    groups = [{"name": "tested", "rules": [*map(recording, needed), alerting(alert)]}]
    step = _step(alert)
    content = {
        "rule_files": [rule_file],
        "evaluation_interval": f"{step}s",
        "tests": list(_cases(alert, step)),
    }
    return RuleTest(_yaml({"groups": groups}), _yaml(content))


def _windows(alert: Alert) -> Sequence[float]:
    return windows_of(alert) or [MINUTE]


def _step(alert: Alert) -> int:
    return max(MINUTE, int(_windows(alert)[0]) // STEPS)


def _cases(alert: Alert, step: int) -> Iterator[dict[str, Any]]:
    windows = _windows(alert)
    held = seconds_of(alert.hold) + (seconds_of(alert.keep_firing) if alert.keep_firing else 0)
    settle = int(windows[-1] + held + 5 * step)
    # A burn is over when its short window forgets; any other alert when all windows do.
    forget = int(2 * windows[0] + 5 * step) if alert.objective else settle
    healthy, faulty = alert.healthy, alert.faulty
    if not healthy:  # a heartbeat fires whatever happens
        yield _case(alert, "fires", [((), settle)], step, firing=1)
        return
    yield _case(alert, "fires", [(healthy, settle), (faulty, settle)], step, firing=1)
    yield _case(alert, "stays silent", [(healthy, 2 * settle)], step, firing=0)
    resolving = [(healthy, settle), (faulty, settle), (healthy, forget)]
    yield _case(alert, "resolves", resolving, step, firing=0)


def _case(
    alert: Alert,
    name: str,
    phases: list[tuple[tuple[Feed, ...], int]],
    step: int,
    *,
    firing: int,
) -> dict[str, Any]:
    expected = {"alertname": alert.name, "alertstate": "firing", **alert.labels}
    matchers = ",".join(f'{label}="{value}"' for label, value in expected.items())
    return {
        "name": f"{alert.name} {name}",
        "interval": f"{step}s",
        "input_series": _series([(feeds, length // step) for feeds, length in phases], step),
        "promql_expr_test": [
            {
                "expr": f"count(ALERTS{{{matchers}}})",
                "eval_time": f"{sum(length for _, length in phases) // step * step}s",
                "exp_samples": [{"value": firing}] if firing else [],
            }
        ],
    }


def _series(phases: list[tuple[tuple[Feed, ...], int]], step: int) -> list[dict[str, str]]:
    """Return each series through all phases; a counter goes on where the one before left it."""
    values: dict[str, str] = {}
    reached: dict[str, float] = {}
    for feeds, steps in phases:
        for feed in feeds:
            name = _name(feed)
            if feed.per_minute is None:
                said = f"{feed.value or 0:g}+0x{steps - 1}"
            else:
                start, growth = reached.get(name, 0.0), feed.per_minute * step / MINUTE
                said = f"{start:g}+{growth:g}x{steps - 1}"
                reached[name] = start + growth * steps
            values[name] = f"{values.get(name, '')} {said}".strip()
    return [{"series": name, "values": said} for name, said in values.items()]


def _name(feed: Feed) -> str:
    metric = feed.metric
    name = metric.name if isinstance(metric, Metric) else metric
    labels = {**JOB, **feed.labels}
    matchers = ",".join(f'{label}="{value}"' for label, value in labels.items())
    return f"{name}_{feed.part}{{{matchers}}}" if feed.part else f"{name}{{{matchers}}}"


def _yaml(content: object) -> str:
    return yaml.safe_dump(content, sort_keys=False, width=10_000)
