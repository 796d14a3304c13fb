"""A YAML text as plain data that remembers on which line each value stands.

The text is read as a stream of events and not with a ready-made loader: a loader keeps no
lines, lets the second of two equal keys win in silence, follows aliases into very large
data, and takes `no` for a truth value. Plain words are read as YAML 1.2 does, which is how
editors that check the file against its JSON Schema read them.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import yaml

from vitrine.adapters.site_file.problem import Path, Problem, SiteFileError, dotted, quoted

DEEPEST = 16
LARGEST_BYTES = 1 << 20

_PARSER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")
_DECIMAL = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]{1,4})?")


class Document(NamedTuple):
    """What a file says, where each value stands, and what is wrong with its YAML."""

    data: Any
    lines: dict[Path, int]
    problems: list[Problem]


def read_document(text: str, file: str) -> Document:
    """Return the data of a YAML text; `SiteFileError` where it is no YAML at all."""
    return _Reader(text, file).document()


class _Reader:
    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._file = file
        self._events = yaml.parse(text, Loader=_PARSER)
        self._lines: dict[Path, int] = {}
        self._problems: list[Problem] = []

    def document(self) -> Document:
        data = None
        started = False
        try:
            for event in self._events:
                if isinstance(event, yaml.DocumentStartEvent):
                    if started:
                        self._refuse(event, (), "is a second document; keep one site per file")
                        raise SiteFileError(self._problems)
                    started = True
                    data = self._value(next(self._events), ())
        except yaml.YAMLError as error:
            raise SiteFileError([*self._problems, self._syntax(error)]) from None
        return Document(data, self._lines, self._problems)

    def _syntax(self, error: yaml.YAMLError) -> Problem:
        if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
            line = error.problem_mark.line + 1
            what = quoted(error.problem)
        else:
            line = self._text.count("\n", 0, getattr(error, "position", 0)) + 1
            what = quoted(getattr(error, "reason", "it cannot be read"))
        line = min(line, self._text.count("\n") + 1)
        return Problem(
            self._file, line, "", f"is not YAML: {what}; check the indentation and quotes here"
        )

    def _refuse(self, event: yaml.Event, path: Path, message: str) -> None:
        line = _line(event)
        self._problems.append(Problem(self._file, line, dotted(path), message))

    def _value(self, event: yaml.Event, path: Path) -> Any:
        self._lines.setdefault(path, _line(event))
        if len(path) > DEEPEST:
            self._refuse(event, path[:2], "is nested too deeply; no part of a site file is")
            raise SiteFileError(self._problems)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(path)
        if isinstance(event, yaml.SequenceStartEvent):
            return self._sequence(path)
        if isinstance(event, yaml.AliasEvent):
            self._refuse(event, path, "is an alias (*), which is not read here; write it out")
            return None
        return self._scalar(event, path)

    def _mapping(self, path: Path) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                self._refuse(event, path, "a key must be a plain word; rename it")
                raise SiteFileError(self._problems)
            key, here = event.value, (*path, event.value)
            first = self._lines.setdefault(here, _line(event))
            value = self._value(next(self._events), here)
            if key in found:
                self._refuse(event, here, f"stands here twice, first in line {first}; keep one")
            else:
                found[key] = value
        return found

    def _sequence(self, path: Path) -> list[Any]:
        found: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            found.append(self._value(event, (*path, len(found))))
        return found

    def _scalar(self, event: Any, path: Path) -> Any:
        if event.implicit[0]:
            return _plain(event.value)
        if event.tag is not None and not event.implicit[1]:
            self._refuse(event, path, f"has a tag ({quoted(event.tag)}); write the value alone")
        return event.value


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark is not None else 1


def _plain(word: str) -> Any:
    if word.lower() in _WORDS:
        return _WORDS[word.lower()]
    if _INTEGER.fullmatch(word):
        return int(word)
    return float(word) if _DECIMAL.fullmatch(word) else word
