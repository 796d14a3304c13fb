"""Finds lines of the log: among those kept in memory, and in files."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple, Protocol

import orjson

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
OWN = "/console"
USUAL = frozenset(
    {
        *("timestamp", "level", "logger", "message", "module", "function", "line", "request_id"),
        *("severity", "logging.googleapis.com/trace"),  # the same for Google Cloud
    }
)
"""What every line has, or says once more."""
TOLD = ("timestamp", "level", "logger", "message")
"""What makes a JSON object a line of ours; each is text."""


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

    `level` is the lowest one; `component` a run of the dotted parts of the logger's or the
    module's name, the last of which may be cut short; `since` and `until` are beginnings of
    timestamps; `users` are what may stand for a visitor in lines, any of which will do. Lines
    of the console's own requests are left out unless `own` is set.
    """

    level: str = ""
    component: str = ""
    request: str = ""
    text: str = ""
    since: str = ""
    until: str = ""
    own: bool = False
    users: Collection[str] = ()


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


def read(body: bytes) -> Mapping[str, Any] | None:
    """Return the members of a line of ours; `None` for whatever else somebody printed."""
    try:
        members = orjson.loads(body)
    except ValueError:
        return None
    if not isinstance(members, dict):
        return None
    return members if all(isinstance(members.get(name), str) for name in TOLD) else None


def is_wanted(members: Mapping[str, Any], wanted: Wanted) -> bool:
    """Tell whether a line is one of those that are wanted; its text is not looked at."""
    timestamp = members["timestamp"]
    named = f".{members['logger']}.{members.get('module', '')}".replace("._", ".")
    return (
        members["level"] in _levels(wanted)
        and (not wanted.component or f".{wanted.component.lstrip('_')}" in named)
        and (not wanted.request or members.get("request_id") == wanted.request)
        and (not wanted.users or members.get("user_id") in wanted.users)
        and wanted.since <= timestamp
        and (not wanted.until or timestamp[: len(wanted.until)] <= wanted.until)
        and (wanted.own or not str(members.get("endpoint", "")).startswith(OWN))
    )


def _levels(wanted: Wanted) -> Sequence[str]:
    return LEVELS[LEVELS.index(wanted.level) :] if wanted.level in LEVELS else LEVELS


def _found(lines: Sequence[KeptLine], wanted: Wanted) -> Iterator[FoundLine]:
    levels = _levels(wanted)
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
        if is_wanted(members, wanted):
            yield _line(line, members)


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
