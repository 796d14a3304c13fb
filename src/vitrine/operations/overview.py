"""The live summary of `vitrine up`: a service's counts, as a person reads them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from vitrine.operations.stack import Part

Summary = Mapping[str, Any]


def addresses(rows: Sequence[tuple[str, str]]) -> Table:
    """Return the table of what runs where."""
    table = Table(show_header=False, box=None, padding=(0, 2))
    table.add_column()
    table.add_column(overflow="fold")
    for what, where in rows:
        table.add_row(Text(what, style="bold"), Text(where))
    return table


def overview(summary: Summary, parts: Sequence[Part], messages: Sequence[str]) -> RenderableType:
    """Return the summary as tables side by side, with the last messages below."""
    grid = Table.grid(padding=(0, 4))
    grid.add_row(
        _counts("Events", events(summary)),
        _counts("Visits", visits(summary)),
        _counts("Answers", answers(summary)),
    )
    running = ", ".join(
        f"{part.name} {part.state}" + (f" ({part.restarts} restarts)" if part.restarts else "")
        for part in parts
    )
    return Group(grid, Text(f"\n{running}", style="dim"), *(Text(line) for line in messages))


def events(summary: Summary) -> dict[str, int]:
    """Return events by receipt, refusals and bots by reason."""
    found = summary.get("events", {})
    counts = {name: sum(found.get(name, {}).values()) for name in ("accepted", "duplicate")}
    for reason, count in found.get("rejected", {}).items():
        counts[f"rejected: {reason}"] = count
    for reason, categories in summary.get("bots", {}).items():
        for category, count in categories.items():
            counts[f"bot: {category or reason}"] = count
    return counts


def visits(summary: Summary) -> dict[str, int]:
    """Return visits, those decided by segment, and how many in the first visit."""
    decided = summary.get("decided", {})
    counts = {"visits": summary.get("visits", 0), "decided": sum(decided.values())}
    counts.update(decided)
    counts["decided in the first visit"] = summary.get("decided_in_visit", {}).get("first", 0)
    return counts


def answers(summary: Summary) -> dict[str, int]:
    """Return answers by variant, cache hits and misses, and failures of the store."""
    counts = {
        variant: sum(reasons.values()) for variant, reasons in summary.get("served", {}).items()
    }
    looked = summary.get("cache", {}).get("decision", {})
    counts["cache hits"] = looked.get("hit", 0)
    counts["cache misses"] = looked.get("miss", 0)
    if summary.get("store_failed"):
        counts["store failures"] = summary["store_failed"]
    return counts


def one_line(summary: Summary) -> str:
    """Return the summary in one line, for output that is no terminal."""
    seen = {**events(summary), **visits(summary), **answers(summary)}
    return "  ".join(f"{name} {count:,}" for name, count in seen.items())


def _counts(title: str, counts: Mapping[str, int]) -> Table:
    table = Table(title=title, title_justify="left", show_header=False, box=None)
    for name, count in counts.items():
        table.add_row(name, Text(f"{count:,}", justify="right"))
    return table
