"""Receipts as tables that people read."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.markup import escape
from rich.table import Table

Row = tuple[str, int | str]
NUMBERS_SHOWN = 5


def show(title: str, rows: Iterable[Row]) -> None:
    """Print rows of (what, how many or how much); what begins with spaces is part of the above."""
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(justify="right", no_wrap=True)
    for what, value in rows:
        shown = f"{value:,}" if isinstance(value, int) else escape(value)
        table.add_row(escape(_printable(what)), shown)
    console = Console()
    console.print(_printable(title), markup=False, highlight=False, soft_wrap=True)
    console.print(table)


def malformed_rows(count: int, numbers: list[int]) -> Iterable[Row]:
    """Return the row of malformed lines, and where the first of them stand."""
    yield "  malformed", count
    if numbers:
        shown = ", ".join(str(number) for number in numbers[:NUMBERS_SHOWN])
        yield f"    line {shown}{' …' if count > NUMBERS_SHOWN else ''}", ""


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)
