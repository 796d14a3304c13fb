"""What a dashboard is: panels with queries, units, thresholds, and what good looks like."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from vitrine.catalogue.promql import Expression


class PanelKind(StrEnum):
    """The kinds of the guide, drawn by Grafana and by the console alike."""

    LINE = "line"
    AREA = "area"
    HISTOGRAM = "histogram"
    BAR = "bar"
    TABLE = "table"
    PIE = "pie"
    GAUGE = "gauge"
    BOX = "box"
    COUNTER = "counter"


class Unit(StrEnum):
    """Units of a panel, under the names that Grafana has for them.

    A `COUNT` is of whole things, and shown so: `increase` says 2.03 where two were counted. A
    `NUMBER` may be between two of them.
    """

    SECONDS = "s"
    SHARE = "percentunit"
    PER_SECOND = "reqps"
    OPS = "ops"
    EVENTS = "eps"
    TOKENS = "suffix: tok/s"
    COUNT = "locale"
    NUMBER = "short"
    BYTES = "bytes"
    USD = "currencyUSD"
    DAYS = "d"
    DATE = "dateTimeAsIso"


class Colour(StrEnum):
    """What a value means."""

    GOOD = "green"
    WARN = "yellow"
    BAD = "red"
    NEUTRAL = "blue"


class Threshold(NamedTuple):
    """From `value` on (the first one has none) a figure has this colour."""

    value: float | None
    colour: Colour


class Query(NamedTuple):
    """One query of a panel.

    `legend` names each series, with `{{label}}` where it has labels. `instant` asks for the
    present value alone (tables, pies, gauges, counters, bars). `column` names a table's
    column, or the part of a box: `min`, `q1`, `median`, `q3`, `max`.
    """

    expression: Expression
    legend: str
    instant: bool = False
    exemplars: bool = False
    column: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """One panel; `width` is of 24 columns, `height` in Grafana's rows.

    `shows` says what it is, `good` what good looks like, `act` what to do when it is not.
    `alerts` are the names of the alerts that watch it; it links to their runbooks. `series`
    is how many series there must be at least once everything is in traffic. `part` names what
    not everybody runs, where the panel is about that: a PostgreSQL, a Redis.
    """

    title: str
    kind: PanelKind
    unit: Unit
    queries: tuple[Query, ...]
    shows: str
    good: str
    act: str
    thresholds: tuple[Threshold, ...]
    alerts: tuple[str, ...] = ()
    width: int = 12
    height: int = 8
    most: float | None = None
    series: int = 1
    part: str = ""

    @property
    def description(self) -> str:
        """What stands behind the panel's (i): three sentences or more."""
        return f"{self.shows} Good: {self.good} If not: {self.act}"


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One dashboard; `uid` is its address for good. `provider` adds that variable.

    Panels about one part stand together, after those that everybody has.
    """

    uid: str
    title: str
    description: str
    panels: tuple[Panel, ...]
    provider: bool = False

    @property
    def parts(self) -> tuple[tuple[str, tuple[Panel, ...]], ...]:
        """The panels under the name of their part, in order; everybody's have none."""
        grouped = groupby(self.panels, key=attrgetter("part"))
        return tuple((part, tuple(panels)) for part, panels in grouped)
