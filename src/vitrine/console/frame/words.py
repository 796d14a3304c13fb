"""Numbers and times as a person reads them; all times are UTC, as in the log."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup, escape

from vitrine.catalogue.objective import spoken
from vitrine.usecases.log_search import FoundLine

SECOND_MS, MINUTE_MS, HOUR_MS, DAY_MS = 1_000, 60_000, 3_600_000, 86_400_000
NOTHING = "\N{EN DASH}"


def moment(at_ms: float) -> str:
    """Return a time as `2026-03-01 14:03:07`."""
    return datetime.fromtimestamp(at_ms / 1_000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def ago(at_ms: float, now_ms: float) -> str:
    """Return how long ago something was, in its largest whole unit."""
    passed = now_ms - at_ms
    if passed < SECOND_MS:
        return "now"
    return f"{span(passed)} ago"


def span(length_ms: float) -> str:
    """Return a length of time in its largest whole unit."""
    for unit, ms in (("d", DAY_MS), ("h", HOUR_MS), ("min", MINUTE_MS)):
        if length_ms >= 2 * ms or (length_ms >= ms and unit != "d"):
            return f"{length_ms // ms:.0f} {unit}"
    return f"{length_ms / SECOND_MS:.0f} s"


def count(number: float | None) -> str:
    """Return a number of things with its thousands apart."""
    return NOTHING if number is None else f"{number:,.0f}"


def share(ratio: float | None, digits: int = 0) -> str:
    """Return a share as a percentage."""
    return NOTHING if ratio is None else f"{ratio * 100:.{digits}f} %"


def marked(text: str) -> Markup:
    """Return a text whose parts in backquotes are code, everything else escaped."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if number % 2 else escape(part)
        for number, part in enumerate(parts)
    )


def fields(line: FoundLine) -> str:
    """Return the fields of a line of the log as one text; an exception is shown by itself."""
    return ", ".join(
        f"{name} {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for name, value in line.fields.items()
        if name != "exception"
    )


FILTERS: Mapping[str, Callable[..., Any]] = {
    "moment": moment,
    "ago": ago,
    "span": span,
    "count": count,
    "share": share,
    "figure": spoken,
    "marked": marked,
    "fields": fields,
}
