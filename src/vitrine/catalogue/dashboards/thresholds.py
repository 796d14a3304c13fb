"""The thresholds that panels share, and the window of a dashboard's rates."""

from __future__ import annotations

from vitrine.catalogue.dashboard import Colour, Threshold

WINDOW = "$__rate_interval"
NONE = (Threshold(None, Colour.NEUTRAL),)


def rising(warn: float, bad: float) -> tuple[Threshold, ...]:
    """Return thresholds of a figure that is good while it is low."""
    return (
        Threshold(None, Colour.GOOD), Threshold(warn, Colour.WARN), Threshold(bad, Colour.BAD)
    )  # fmt: skip


def falling(bad: float, warn: float) -> tuple[Threshold, ...]:
    """Return thresholds of a figure that is good while it is high."""
    return (
        Threshold(None, Colour.BAD), Threshold(bad, Colour.WARN), Threshold(warn, Colour.GOOD)
    )  # fmt: skip
