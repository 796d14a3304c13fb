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
    receipts = by(summary, "events_received_total", "receipt")
    counts = {name: receipts.get(name, 0) for name in ("accepted", "duplicate")}
    refused = {
        f"rejected: {reason}": count
        for reason, count in by(summary, "events_rejected_total", "reason").items()
    }
    bots = {
        f"bot: {reason if category == 'none' else category}": count
        for (reason, category), count in by(
            summary, "events_bots_total", "reason", "category"
        ).items()
    }
    return counts | {name: count for name, count in (refused | bots).items() if count}


def visits(summary: Summary) -> dict[str, int]:
    """Return visits, those decided by segment, and how many in the first visit."""
    decided = by(summary, "personalization_decisions_total", "segment")
    in_first = by(summary, "personalization_decisions_total", "visit").get("first", 0)
    return {
        "visits": by(summary, "events_visits_total").get("", 0),
        "decided": sum(decided.values()),
        **{segment: count for segment, count in decided.items() if count},
        "decided in the first visit": in_first,
    }


def answers(summary: Summary) -> dict[str, int]:
    """Return answers by variant, cache hits and misses, and failures of the store."""
    counts = by(summary, "personalization_served_total", "variant")
    counts["cache hits"] = by(summary, "cache_hits_total").get("", 0)
    counts["cache misses"] = by(summary, "cache_misses_total").get("", 0)
    failures = by(summary, "db_errors_total").get("", 0)
    return {**counts, "store failures": failures} if failures else counts


def by(summary: Summary, metric: str, *labels: str) -> dict[Any, int]:
    """Return a metric's values summed by labels: by one, by several as a tuple, or in all."""
    sums: dict[Any, int] = {}
    for series in summary.get(metric, ()):
        values = tuple(series["labels"][label] for label in labels)
        key = values if len(labels) > 1 else "".join(values)
        sums[key] = sums.get(key, 0) + round(series["value"])
    return sums


def one_line(summary: Summary) -> str:
    """Return the summary in one line, for output that is no terminal."""
    seen = {**events(summary), **visits(summary), **answers(summary)}
    return "  ".join(f"{name} {count:,}" for name, count in seen.items())


def _counts(title: str, counts: Mapping[str, int]) -> Table:
    table = Table(title=title, title_justify="left", show_header=False, box=None)
    for name, count in counts.items():
        table.add_row(name, Text(f"{count:,}", justify="right"))
    return table
