"""How the drills went: a table for people, records for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.table import Table

from vitrine.operations.drill.stages import Course, Outcome


def table(outcomes: Sequence[Outcome]) -> Table:
    """Return seconds to each stage, after the fault began and after it ended."""
    found = Table(title="Seconds after the fault began, and after it ended")
    found.add_column("fault")
    found.add_column("alert")
    for name in ("factor", "pending", "firing", "slack", "mail", "resolved", "slack", "mail"):
        found.add_column(name, justify="right")
    for outcome in outcomes:
        for number, course in enumerate(outcome.courses.values()):
            found.add_row("" if number else outcome.drill.name, course.alert, *_cells(course))
        for problem in outcome.problems:
            found.add_row("", f"[red]FAILED[/] {problem}")
        found.add_section()
    return found


def records(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """Return the same as data."""
    return [
        {
            "drill": outcome.drill.name,
            "does": outcome.drill.does,
            "seconds": round(outcome.seconds, 1),
            "problems": outcome.problems,
            "alerts": [
                {name: value for name, value in asdict(course).items() if name != "now"}
                for course in outcome.courses.values()
            ],
        }
        for outcome in outcomes
    ]


def _cells(course: Course) -> list[str]:
    told = (course.slack_s, course.mail_s)
    over = (course.slack_over_s, course.mail_over_s)
    return [
        f"{course.factor:g}",
        _seconds(course.pending_s),
        _seconds(course.firing_s),
        *(_told(seconds, inhibited=course.inhibited) for seconds in told),
        _seconds(course.resolved_s),
        *(_told(seconds, inhibited=course.inhibited) for seconds in over),
    ]


def _seconds(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds:.1f}"


def _told(seconds: float | None, *, inhibited: bool) -> str:
    return "inhibited" if seconds is None and inhibited else _seconds(seconds)
