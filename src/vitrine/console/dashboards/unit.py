"""Values in their units, as Grafana writes them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from vitrine.catalogue.dashboard import Unit

NO_VALUE = "\N{EN DASH}"
SECONDS = (
    (1e-6, 1e-9, "ns"),
    (1e-3, 1e-6, "µs"),
    (1.0, 1e-3, "ms"),
    (60.0, 1.0, "s"),
    (3_600.0, 60.0, "min"),
    (86_400.0, 3_600.0, "hour"),
    (604_800.0, 86_400.0, "day"),
    (31_536_000.0, 604_800.0, "week"),
    (math.inf, 31_536_000.0, "year"),
)
"""Below the first, a value is divided by the second and named by the third."""
DAY_S = 86_400.0


def said(value: float | None, unit: Unit) -> str:
    """Return a value with its unit."""
    if value is None or not math.isfinite(value):
        return NO_VALUE
    return _SAID[unit](value)


def digits(value: float) -> str:
    """Return a number with three digits that count, and no needless nought."""
    if value == 0:
        return "0"
    decimals = max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _seconds(value: float) -> str:
    if value == 0:
        return "0 s"
    size = abs(value)
    _, divisor, name = next(row for row in SECONDS if size < row[0])
    return f"{digits(value / divisor)} {name}"


def _scaled(value: float, factor: float, names: tuple[str, ...]) -> str:
    exact = math.log(abs(value), factor) + 1e-9 if abs(value) >= 1 else 0.0
    place = min(int(exact), len(names) - 1)
    return f"{digits(value / factor**place)}{names[place]}"


def _number(value: float) -> str:
    return _scaled(value, 1_000, ("", " K", " Mil", " Bil", " Tri"))


def _per_second(name: str) -> Callable[[float], str]:
    return lambda value: f"{_scaled(value, 1_000, ('', 'K', 'M', 'B', 'T'))} {name}"


def _dollars(value: float) -> str:
    sign = "-" if value < 0 else ""
    return f"{sign}${_scaled(abs(value), 1_000, ('', 'K', 'M', 'B', 'T'))}"


def _date(value: float) -> str:
    """Return a time that is given in milliseconds since 1970."""
    return datetime.fromtimestamp(value / 1_000, UTC).strftime("%Y-%m-%d %H:%M:%S")


_SAID: Mapping[Unit, Callable[[float], str]] = {
    Unit.SECONDS: _seconds,
    Unit.SHARE: lambda value: f"{digits(value * 100)}%",
    Unit.PER_SECOND: _per_second("req/s"),
    Unit.OPS: _per_second("ops/s"),
    Unit.EVENTS: _per_second("evt/s"),
    Unit.TOKENS: _per_second("tok/s"),
    Unit.COUNT: lambda value: f"{value:,.0f}",
    Unit.NUMBER: _number,
    Unit.BYTES: lambda value: _scaled(value, 1_024, (" B", " KiB", " MiB", " GiB", " TiB")),
    Unit.USD: _dollars,
    Unit.DAYS: lambda value: _seconds(value * DAY_S),
    Unit.DATE: _date,
}
