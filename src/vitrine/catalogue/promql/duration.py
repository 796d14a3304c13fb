"""PromQL's durations: read, divided, written."""

from __future__ import annotations

import re

UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0, "w": 604_800.0}
_ONE = re.compile(r"(\d+)(ms|[smhdw])")


def seconds_of(duration: str) -> float:
    """Return the seconds of a duration such as `5m` or `1h30m`; raises `ValueError`."""
    parts = _ONE.findall(duration)
    if not parts or "".join(number + unit for number, unit in parts) != duration:
        raise ValueError(f"{duration!r} is no duration of PromQL")
    return sum(int(number) * UNITS[unit] for number, unit in parts)


def divided(duration: str, factor: float) -> str:
    """Return a duration divided by a factor, in whole seconds or, where shorter, milliseconds."""
    if factor == 1:
        return duration
    milliseconds = max(round(seconds_of(duration) * 1_000 / factor), 1)
    return f"{milliseconds // 1_000}s" if milliseconds % 1_000 == 0 else f"{milliseconds}ms"
