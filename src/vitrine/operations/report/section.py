"""What a report is made of, whoever shows it: figures, points, tables, plots."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from vitrine.operations.report.period import Span


class Unit(StrEnum):
    """What a number counts, and so how it is spoken."""

    COUNT = "count"
    SHARE = "share"
    SECONDS = "seconds"
    LENGTH = "length"
    BYTES = "bytes"
    USD = "USD"
    DATE = "date"
    TEXT = "text"


class Figure(NamedTuple):
    """One number with that of the period before; where there is none, `missing` says why.

    `headline` puts it among the five of a daily report; `out_of_order` says it should not be so.
    """

    name: str
    unit: Unit
    now: float | None
    before: float | None = None
    missing: str = "no traffic"
    note: str = ""
    headline: bool = False
    out_of_order: bool = False


class Point(NamedTuple):
    """One sentence; what is `out_of_order` stands in a daily report too. `do` says what to do."""

    text: str
    do: str = ""
    out_of_order: bool = True
    link: str = ""


Cell = float | str | None


class Column(NamedTuple):
    title: str
    unit: Unit = Unit.TEXT


class Table(NamedTuple):
    """Rows of numbers and words; `None` is what is not known."""

    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]


class Line(NamedTuple):
    """One line of a plot: times in seconds since 1970, values."""

    name: str
    points: Sequence[tuple[float, float]]


class Plot(NamedTuple):
    """Lines over the period, or bars, whose times are the same days; `limit` is drawn across."""

    title: str
    unit: Unit
    lines: Sequence[Line]
    limit: float | None = None
    bars: bool = False


class Section(NamedTuple):
    """One part of a report; `quiet` is what it says where there is nothing out of order."""

    id: str
    title: str
    quiet: str
    figures: Sequence[Figure] = ()
    points: Sequence[Point] = ()
    tables: Sequence[Table] = ()
    plots: Sequence[Plot] = ()

    @property
    def out_of_order(self) -> list[Point]:
        return [point for point in self.points if point.out_of_order]


class Report(NamedTuple):
    """The sections of a period."""

    span: Span
    public_url: str
    sections: Sequence[Section]

    @property
    def headlines(self) -> list[Figure]:
        """The five numbers that an operator looks at first."""
        return [one for section in self.sections for one in section.figures if one.headline]

    @property
    def out_of_order(self) -> list[tuple[Section, Point]]:
        """Whatever asks for something to be done, part by part."""
        return [(section, one) for section in self.sections for one in section.out_of_order]
