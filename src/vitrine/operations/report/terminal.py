"""A report in a terminal, or as plain text where there is none."""

from __future__ import annotations

from collections.abc import Sequence
from io import StringIO
from typing import Literal

from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from vitrine.domain.period import Period
from vitrine.operations.report.section import Column, Figure, Point, Report, Section, Table, Unit
from vitrine.operations.report.wording import compared, spoken

WIDTH = 100
"""Columns of a mail's text."""


def show(report: Report, console: Console) -> None:
    """Print a report: the daily one has only what is out of order, and five numbers."""
    span = report.span
    console.print(f"[bold]{span.period.capitalize()} report[/], {escape(report.public_url)}")
    console.print(f"[dim]{span.words}[/]\n")
    console.print(_figures(report.headlines))
    _todo(report, console)
    if span.period is Period.DAILY:
        _rest(report, console)
        return
    for section in report.sections:
        _section(section, console)


def as_text(report: Report) -> str:
    """Return the same as plain text."""
    out = StringIO()
    show(report, Console(file=out, width=WIDTH, color_system=None, emoji=False))
    lines = (line.rstrip() for line in out.getvalue().splitlines())
    return "\n".join(lines) + "\n"


def shown_figure(figure: Figure) -> str:
    """Return a figure's number, or why there is none."""
    return figure.missing if figure.now is None else spoken(figure.now, figure.unit)


def _todo(report: Report, console: Console) -> None:
    console.print()
    if not report.out_of_order:
        console.print("[green]Everything is in order[/], as far as it is known.")
        return
    console.print("[bold red]Out of order[/]")
    for section, point in report.out_of_order:
        _say(point, console, f"{section.title}: ")


def _rest(report: Report, console: Console) -> None:
    console.print()
    for section in report.sections:
        if not section.out_of_order:
            console.print(f"[dim]{section.title}:[/] {escape(section.quiet)}", highlight=False)


def _section(section: Section, console: Console) -> None:
    console.print(f"\n[bold underline]{section.title}[/]")
    if not section.out_of_order:
        console.print(escape(section.quiet), style="dim", highlight=False)
    for point in section.points:
        _say(point, console)
    if section.figures:
        console.print(_figures(section.figures))
    for table in section.tables:
        console.print(f"\n[bold]{escape(table.title)}[/]")
        console.print(_grid(table))


def _say(point: Point, console: Console, where: str = "") -> None:
    mark = "[red]![/]" if point.out_of_order else "-"
    console.print(f"{mark} {escape(where + point.text)}", highlight=False)
    do = ", ".join(part for part in (point.do, point.link) if part)
    if do:
        console.print(f"  [dim]{escape(do)}[/]", highlight=False, soft_wrap=True)


def _figures(figures: Sequence[Figure]) -> Grid:
    grid = Grid.grid(padding=(0, 2))
    grid.add_column()
    grid.add_column(justify="right")
    grid.add_column(justify="right", style="dim")
    grid.add_column(style="dim")
    for figure in figures:
        style = "red" if figure.out_of_order else "bold"
        grid.add_row(
            escape(figure.name),
            f"[{style}]{escape(shown_figure(figure))}[/]",
            compared(figure),
            escape(figure.note),
        )
    return grid


def _grid(table: Table) -> Grid:
    grid = Grid(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for column in table.columns:
        grid.add_column(escape(column.title), justify=_side(column), overflow="fold")
    for row in table.rows:
        cells = zip(row, table.columns, strict=True)
        grid.add_row(*(escape(spoken(cell, column.unit)) for cell, column in cells))
    return grid


def _side(column: Column) -> Literal["left", "right"]:
    return "left" if column.unit is Unit.TEXT else "right"
