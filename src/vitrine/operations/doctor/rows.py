"""The rows of either database: whether they hold what was written there."""

from __future__ import annotations

from collections.abc import Iterator

from vitrine.adapters.database.damaged import Ask, Damaged, damaged_rows
from vitrine.operations.doctor.finding import Finding, ok, problem

WITHIN_S = 3.0
"""For each table: some two million rows."""
NAMED = 5


def look_at_rows(ask: Ask, run: str) -> Iterator[Finding]:
    """Yield what is damaged in each table; `run` is how a statement is run by hand."""
    looked = damaged_rows(ask, WITHIN_S)
    for damaged in looked:
        if damaged.keys:
            yield _problem(damaged, run)
    if not any(damaged.keys for damaged in looked):
        yield ok("rows", f"{', '.join(map(_read, looked))}: all hold what was written")


def _read(damaged: Damaged) -> str:
    return f"{damaged.read:,} {damaged.content.table}" + ("" if damaged.whole else " (not all)")


def _problem(damaged: Damaged, run: str) -> Finding:
    content, keys = damaged.content, damaged.keys
    named = ", ".join(keys[:NAMED])
    more = f" and {len(keys) - NAMED:,} more" if len(keys) > NAMED else ""
    return problem(
        "rows",
        f"{len(keys):,} of {_read(damaged)} hold something else than was written:"
        f" {content.key} {named}{more}",
        "see the disk's health, and have a backup; the last one may have them whole; to do without"
        f' what they held: {run} "{content.mend} WHERE {content.key} IN ({named})"',
    )
