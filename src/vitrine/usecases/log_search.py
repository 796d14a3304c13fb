"""Finds lines among those of the log that are kept in memory."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple, Protocol

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
OWN = "/console"
USUAL = frozenset(
    {"timestamp", "level", "logger", "message", "module", "function", "line", "request_id"}
)


class KeptLine(NamedTuple):
    """A line as it was written, with its number."""

    number: int
    level: str
    body: bytes


class LogLines(Protocol):
    """The lines that were written last."""

    @property
    def closed(self) -> bool:
        """Whether the program is about to end."""
        ...

    @property
    def last(self) -> int:
        """Return the number of the newest line."""
        ...

    def after(self, number: int = 0) -> Sequence[KeptLine]:
        """Return the kept lines behind a number, the oldest first."""
        ...


class Wanted(NamedTuple):
    """Which lines to find; an empty text wants all.

    `level` is the lowest one; `component` a part of the logger's or the module's name; `since`
    and `until` are beginnings of timestamps. Lines of the console's own requests are left out
    unless `own` is set.
    """

    level: str = ""
    component: str = ""
    request: str = ""
    text: str = ""
    since: str = ""
    until: str = ""
    own: bool = False


class FoundLine(NamedTuple):
    """A line that was found; `fields` are those that not every line has."""

    number: int
    timestamp: str
    level: str
    logger: str
    message: str
    request_id: str
    fields: Mapping[str, Any]


def search(lines: Sequence[KeptLine], wanted: Wanted, most: int) -> list[FoundLine]:
    """Return the newest lines that are wanted, the newest first."""
    return list(islice(_found(lines, wanted), most))


def _found(lines: Sequence[KeptLine], wanted: Wanted) -> Iterator[FoundLine]:
    levels = LEVELS[LEVELS.index(wanted.level) :] if wanted.level in LEVELS else LEVELS
    # What is cheap to ask comes first: a line is read only where it may be one.
    text = json.dumps(wanted.text, ensure_ascii=False)[1:-1].encode().lower()
    request = wanted.request.encode().lower()
    for line in reversed(lines):
        if line.level not in levels:
            continue
        if text or request:
            lower = line.body.lower()
            if text not in lower or request not in lower:
                continue
        members = json.loads(line.body)
        if _is_wanted(members, wanted):
            yield _line(line, members)


def _is_wanted(members: Mapping[str, Any], wanted: Wanted) -> bool:
    timestamp = members["timestamp"]
    named = f"{members['logger']} {members['module']}"
    return (
        wanted.component in named
        and (not wanted.request or members.get("request_id") == wanted.request)
        and wanted.since <= timestamp
        and (not wanted.until or timestamp[: len(wanted.until)] <= wanted.until)
        and (wanted.own or not str(members.get("endpoint", "")).startswith(OWN))
    )


def _line(line: KeptLine, members: Mapping[str, Any]) -> FoundLine:
    return FoundLine(
        line.number,
        members["timestamp"],
        line.level,
        members["logger"],
        members["message"],
        members.get("request_id", ""),
        {name: value for name, value in members.items() if name not in USUAL},
    )
