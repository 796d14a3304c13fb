"""What a doctor finds: one line each, with what to do where something is to be done."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

from vitrine.domain.failure import Failure


class Level(StrEnum):
    """How much a finding matters. What is absent is not there, which may be as it should."""

    OK = "ok"
    ABSENT = "absent"
    WARNING = "warning"
    PROBLEM = "problem"


class Finding(NamedTuple):
    """What was found at one check; `do` says what to do, if anything."""

    check: str
    level: Level
    found: str
    do: str = ""


def worst(findings: Iterable[Finding]) -> Level:
    """Return the level of the finding that matters most; `OK` where there is none."""
    order = list(Level)
    return max((finding.level for finding in findings), key=order.index, default=Level.OK)


def ok(check: str, found: str) -> Finding:
    return Finding(check, Level.OK, found)


def absent(check: str, found: str, do: str = "") -> Finding:
    return Finding(check, Level.ABSENT, found, do)


def warning(check: str, found: str, do: str) -> Finding:
    return Finding(check, Level.WARNING, found, do)


def problem(check: str, found: str, do: str) -> Finding:
    return Finding(check, Level.PROBLEM, found, do)


def guarded(check: str, findings: Iterator[Finding]) -> Iterator[Finding]:
    """Yield the findings; where looking itself fails, that is one of them, and the last."""
    try:
        yield from findings
    except Failure as failure:
        yield problem(check, str(failure), "see its log")
    except Exception as failure:  # noqa: BLE001 - one part that speaks nonsense hides no other
        kind = type(failure).__name__
        yield problem(check, f"it could not be judged ({kind})", "see whether it is what it should")
