"""A line of the log in a form for people."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from vitrine.usecases.log_search import USUAL

OURS = "vitrine."
INDENT = "    "

Paint = Callable[[str, str], str]
"""Colours the first text as a level wants it."""


def as_text(members: Mapping[str, Any], paint: Paint) -> str:
    """Return time, level, component, message and the event's own fields; an exception below.

    Nothing in it can move a terminal's cursor or change its colours.
    """
    level = members["level"]
    words = (
        _legible(members["timestamp"]).replace("T", " ").removesuffix("Z"),
        paint(f"{_legible(level):<7}", level),
        _legible(members["logger"].removeprefix(OURS)),
        _legible(members["message"]),
        *_fields(members),
    )
    return "".join(f"{line}\n" for line in ("  ".join(words), *_exception(members)))


def _fields(members: Mapping[str, Any]) -> Iterator[str]:
    for name, value in members.items():
        if name == "request_id" or name not in {*USUAL, "exception"}:
            yield f"{_legible(name)}={_value(value)}"


def _value(value: Any) -> str:
    if isinstance(value, str) and value and value.isprintable() and not {" ", '"', "="} & {*value}:
        return value
    said = json.dumps(value, ensure_ascii=False)
    return said if said.isprintable() else json.dumps(value)


def _exception(members: Mapping[str, Any]) -> Iterator[str]:
    told = members.get("exception")
    if told is not None:
        for line in str(told).splitlines():
            yield INDENT + _legible(line)


def _legible(text: str) -> str:
    """Return a text with everything that is not seen written out as an escape."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in text)
