"""Numbers as a person reads them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from vitrine.operations.report.section import Cell, Figure, Unit

UNKNOWN = "not known"
SAME = "as before"
_BYTES = ("B", "kB", "MB", "GB", "TB")
_LENGTHS = ((86_400, "d"), (3_600, "h"), (60, "min"))
FEW_SECONDS = 120


def spoken(value: Cell, unit: Unit) -> str:
    """Return a number with its unit; a text as it is, and what is not known as such."""
    if value is None:
        return UNKNOWN
    if isinstance(value, str):
        return value
    match unit:
        case Unit.SHARE:
            return f"{value:.2%}"
        case Unit.SECONDS:
            return f"{value * 1_000:.1f} ms" if abs(value) < 1 else f"{value:.2f} s"
        case Unit.LENGTH:
            return _length(value)
        case Unit.BYTES:
            return _bytes(value)
        case Unit.USD:
            return f"{value:.4f} USD" if abs(value) < 1 else f"{value:,.2f} USD"
        case Unit.DATE:
            return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d %H:%M}"
    return f"{value:,.0f}"


def compared(figure: Figure) -> str:
    """Return how a figure differs from that of the period before."""
    if figure.now is None or figure.before is None:
        return ""
    difference = figure.now - figure.before
    if not difference:
        return SAME
    if figure.unit is Unit.SHARE:
        return _unless_nothing(f"{difference * 100:+.2f} points")
    if not figure.before:
        return f"from {spoken(0.0, figure.unit)}"
    return _unless_nothing(f"{difference / figure.before:+.0%}")


def _unless_nothing(change: str) -> str:
    return change if re.search("[1-9]", change) else SAME


def times(count: float) -> str:
    """Return how often."""
    return "once" if round(count) == 1 else f"{count:,.0f} times"


def _bytes(value: float) -> str:
    size, power = abs(value), 0
    while round(size, 1) >= 1_000 and power < len(_BYTES) - 1:
        size, power = size / 1_000, power + 1
    sign = "-" if value < 0 else ""
    return f"{sign}{size:.{1 if power else 0}f} {_BYTES[power]}"


def _length(seconds: float) -> str:
    if seconds < FEW_SECONDS:
        return f"{seconds:.0f} s"
    size, name = next((one for one in _LENGTHS if seconds >= 2 * one[0]), _LENGTHS[-1])
    return f"{seconds / size:.1f} {name}".replace(".0 ", " ")
