"""Paths that a site's log rules would read as events: the rules, turned round."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import product

from vitrine.domain.access_log import Entry
from vitrine.domain.event import EventType, ParameterKind
from vitrine.domain.log_line import LineKind, LineReader
from vitrine.domain.site import PathRule, Site

Act = tuple[str, frozenset[tuple[str, str]]]
"""An event's name with the parameters that its path gives."""

_PLAINER = tuple(
    (re.compile(pattern), plain)
    for pattern, plain in (
        (r"\(\?:[^()]*\)[?*]", ""),
        (r"\(\?:([^()|]*)(?:\|[^()]*)?\)", r"\1"),
        (r"\((?!\?)[^()]*\)[?*]", ""),
        (r"\((?!\?)([^()|]*)(?:\|[^()]*)?\)", r"\1"),
        (r"\|.*", ""),
        (r"\\d(?:[+*]|\{[\d,]+\})?", "1"),
        (r"(?:\\w|\[[^\]]*\])[+*]?", "a"),
        (r"(?<!\\)\.[*?]|\\?.\?", ""),
        (r"(?<!\\)\.\+", "a"),
        (r"(?<!\\)[\^$]|\\[bZA]", ""),
        (r"\\(.)", r"\1"),
    )
)
"""What a plain path has in place of a piece of a pattern; applied in this order."""


def page(path: str) -> Entry:
    """Return the line of somebody who was shown the path."""
    bare, _, query = path.partition("?")
    return Entry("192.0.2.1", 0, "GET", bare, query, 200, 0, None, None)


def example_paths(site: Site) -> dict[Act, str]:
    """Return a path for each event that the log rules can read, as far as one can be made.

    Rules with patterns too clever to be turned round are left out: each path is read back
    by the rules before it is returned.
    """
    reader = LineReader(site)
    found: dict[Act, str] = {}
    for rule in site.log.pages:
        for values in _values(rule, site):
            path = _path(rule.pattern.pattern, values)
            wanted = {**values, **rule.params}
            if _reads(reader, path, {"event_name": rule.event, "event_params": wanted}):
                found.setdefault((rule.event, frozenset(wanted.items())), path)
    return found


def _reads(reader: LineReader, path: str, event: dict[str, object]) -> bool:
    entry = page(path)
    plain = path.isascii() and " " not in path
    return plain and reader.kind(entry) is LineKind.EVENT and reader.raw_event(entry) == event


def _values(rule: PathRule, site: Site) -> Iterator[dict[str, str]]:
    kind = site.event_types.get(rule.event, EventType(rule.event))
    named = rule.pattern.groupindex
    choices = {
        parameter.name: site.languages
        if parameter.kind is ParameterKind.LANGUAGE
        else tuple(sorted(parameter.choices))
        for parameter in kind.parameters
        if parameter.name in named
    }
    for combination in product(*choices.values()):
        yield dict(zip(choices, combination, strict=True))


def _path(pattern: str, values: Mapping[str, str]) -> str:
    """Return the pattern with its named groups filled in and the rest made plain."""
    held = {}
    for index, (name, value) in enumerate(values.items()):
        held[chr(0xE000 + index)] = value  # private use: no pattern's syntax
        start = pattern.find(f"(?P<{name}>")
        if start >= 0:
            end = _closing(pattern, start)
            pattern = pattern[:start] + chr(0xE000 + index) + pattern[end:]
    for piece, plain in _PLAINER:
        pattern = piece.sub(plain, pattern)
    for mark, value in held.items():
        pattern = pattern.replace(mark, value)
    return pattern if pattern.startswith("/") else f"/{pattern}"


def _closing(pattern: str, start: int) -> int:
    """Return the place after the parenthesis that closes the one at `start`."""
    depth = 0
    escaped = False
    for place in range(start, len(pattern)):
        letter = pattern[place]
        if escaped:
            escaped = False
        elif letter == "\\":
            escaped = True
        elif letter in "()":
            depth += 1 if letter == "(" else -1
            if depth == 0:
                return place + 1
    return len(pattern)
