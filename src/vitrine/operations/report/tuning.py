"""What to change about an alert that cries too often: its hold, its end, its bound, its cause."""

from __future__ import annotations

import math
from statistics import median
from typing import NamedTuple

from vitrine.catalogue.alert import Alert
from vitrine.catalogue.promql.duration import seconds_of
from vitrine.operations.report.episodes import Firings
from vitrine.operations.report.section import Unit
from vitrine.operations.report.wording import spoken, times

FLAPS_A_DAY = 4
"""An alert that begins more often than this in 24 hours flaps."""
SHORT_GAP_S = 15 * 60
OFTEN = 0.1
"""An alert that fires for more of the time than this is a state, and no alert."""
MINUTE_S = 60


class Proposal(NamedTuple):
    """What is wrong with an alert, and what would mend it."""

    what: str
    do: str


def proposal(alert: Alert, fired: Firings, period_s: float) -> Proposal | None:
    """Return what to change; `None` for an alert that did what it is for.

    What a longer `for` or `keep_firing_for` would have done is counted on the episodes.
    """
    if fired.most_a_day > FLAPS_A_DAY:
        flapped = f"it flaps: {times(fired.most_a_day)} in 24 hours"
        return Proposal(flapped, _against_flapping(alert, fired))
    if fired.total_s > OFTEN * period_s:
        share = f"it fired {fired.total_s / period_s:.0%} of the time"
        return Proposal(
            share,
            "mend the cause (runbook); if there was nothing to mend, move its bound"
            f" ({_bound(alert)}) to where there is",
        )
    return None


def _against_flapping(alert: Alert, fired: Firings) -> str:
    gap = fired.usual_gap_s
    if gap is not None and gap <= SHORT_GAP_S:
        keep = _minutes(gap)
        left = fired.with_pauses_of(keep * MINUTE_S)
        return (
            f"it comes back after {spoken(gap, Unit.LENGTH)} (median): `keep_firing_for: {keep}m`"
            f" {_instead(alert.keep_firing)} would have made {left} of its"
            f" {len(fired.episodes)} episodes"
        )
    hold = seconds_of(alert.hold)
    usual = median(one.length_s for one in fired.episodes)
    if usual <= max(hold, SHORT_GAP_S):
        longer = _minutes(hold + usual)
        left = fired.longer_than(longer * MINUTE_S - hold)
        return (
            f"it lasts {spoken(usual, Unit.LENGTH)} (median): `for: {longer}m`"
            f" {_instead(alert.hold)} would have fired {left} instead of"
            f" {len(fired.episodes)} times"
        )
    return "it is over for long, and comes back: mend the cause (runbook)"


def _minutes(seconds: float) -> int:
    """Return the next five minutes above a time: nobody tunes an alert to the second."""
    return math.floor(seconds / (5 * MINUTE_S)) * 5 + 5


def _instead(before: str) -> str:
    return f"instead of {before}" if before else "(it has none)"


def _bound(alert: Alert) -> str:
    sign, threshold = (getattr(alert.expression, name, "") for name in ("sign", "threshold"))
    return f"{sign} {threshold:g}" if sign else "see its rule"
