"""What an alert is: a condition with its runbook, and the traffic that proves it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from vitrine.catalogue.metric import Metric
from vitrine.catalogue.promql import Expression


class Severity(StrEnum):
    """Who is told, and when: at once, in working hours, or only the heartbeat's listener."""

    CRITICAL = "critical"
    WARNING = "warning"
    HEARTBEAT = "heartbeat"


class Look(NamedTuple):
    """A query that a runbook tells one to ask first, and what it shows."""

    shows: str
    query: Expression


@dataclass(frozen=True, slots=True)
class Runbook:
    """What somebody who was woken reads: what it means, what to look at, what to do.

    `steps` are sentences; a command in them stands in backquotes and works as it is typed.
    """

    means: str
    impact: str
    look: tuple[Look, ...]
    steps: tuple[str, ...]

    def __post_init__(self) -> None:
        if not (self.means and self.impact and self.look and self.steps):
            raise ValueError(
                "a runbook says what it means, whom it hurts, where to look, what to do"
            )


class Feed(NamedTuple):
    """A series of a promtool test: a counter grows by `per_minute`, a gauge stands at `value`.

    `part` is `bucket`, `sum` or `count` of a histogram. `name` is for series that are not of
    the catalogue, such as `up` and Prometheus's own.
    """

    metric: Metric | str
    labels: dict[str, str] = {}  # noqa: RUF012 - a tuple's default; nobody writes into it
    per_minute: float | None = None
    value: float | None = None
    part: str = ""


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert. Durations are PromQL's (`5m`); `expression` ends in a comparison.

    `summary` is one line; `description` has the value as `{{ $value }}`, formatted. `healthy`
    and `faulty` are the traffic from which its three unit tests are generated: fires, stays
    silent, resolves. `labels` are those of the series that fires in them. `takes_s` are seconds
    that what it is about takes in a drill as well: its windows become no shorter there.
    """

    name: str
    severity: Severity
    expression: Expression
    hold: str
    summary: str
    description: str
    runbook: Runbook
    healthy: tuple[Feed, ...]
    faulty: tuple[Feed, ...]
    keep_firing: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    objective: str = ""
    burn: str = ""
    takes_s: float = 0.0

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Z][A-Za-z]+", self.name):
            raise ValueError(f"{self.name}: an alert's name is in CamelCase")
        if not (self.healthy and self.faulty) and self.severity is not Severity.HEARTBEAT:
            raise ValueError(f"{self.name}: give the traffic in which it is silent and fires")
        if "$value" not in self.description and self.severity is not Severity.HEARTBEAT:
            raise ValueError(f"{self.name}: the description says how bad it is: {{{{ $value }}}}")
