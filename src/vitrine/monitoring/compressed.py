"""Time compressed for drills: the same rules, each with its windows divided by its own factor."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from vitrine.catalogue.alert import Alert
from vitrine.catalogue.alerts import ALERTS
from vitrine.catalogue.promql import Recorded
from vitrine.catalogue.promql.duration import seconds_of
from vitrine.catalogue.recording import needed_by

SHORTEST_S = 5.0
"""What the shortest window of most rules becomes: five scrapes of one second."""


@dataclass(frozen=True, slots=True)
class Factors:
    """By what the time of each alert is divided; by 1 where it has none.

    What alerts of different factors read is recorded once for each.
    """

    by_alert: Mapping[str, float] = field(default_factory=dict)

    def of(self, alert: Alert) -> float:
        return self.by_alert.get(alert.name, 1.0)

    def of_record(self, rule: Recorded) -> list[float]:
        """Return the factors of the alerts that read a record; 1 where none does."""
        readers = (alert for alert in ALERTS if rule in needed_by(alert.expression))
        return sorted({self.of(alert) for alert in readers}) or [1.0]


TRUE_TIME = Factors()


def windows_of(alert: Alert) -> list[float]:
    """Return the seconds of every window that an alert looks back over, the shortest first."""
    windows = set(alert.expression.windows())
    for rule in needed_by(alert.expression):
        windows |= rule.expression.windows()
    return sorted(map(seconds_of, windows))


def factor_of(alert: Alert, shortest_s: float = SHORTEST_S) -> float:
    """Return by what an alert's time is divided so that its shortest window is `shortest_s`.

    Where it looks at the present moment alone, it is its waiting time that becomes so long.
    Neither is made shorter than what the alert is about takes.
    """
    windows = windows_of(alert)
    shortest = windows[0] if windows else seconds_of(alert.hold)
    return max(shortest / max(shortest_s, alert.takes_s), 1.0)


def compressed(
    shortest_s: float = SHORTEST_S, *, in_true_time: Collection[str] = frozenset()
) -> Factors:
    """Return the factors of a drill's rules; the alerts named `in_true_time` have none."""
    return Factors(
        {
            alert.name: factor_of(alert, shortest_s)
            for alert in ALERTS
            if alert.name not in in_true_time
        }
    )
