"""Reads the lines of a web server's access log in the common and the combined format."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import NamedTuple

_QUOTED = r'"((?:[^"\\]++|\\.)*+)"'
_LINE = re.compile(
    r"(\S+) \S+ \S+ "
    r"\[(\d\d/[A-Z][a-z]{2}/(?:19|20)\d\d:\d\d:\d\d):(\d\d) ([+-]\d{4})\] "
    rf"{_QUOTED} (\d{{3}}|-) (\d{{1,15}}|-)"
    rf"(?: {_QUOTED} {_QUOTED})?"
    r'(?: (?:"(?:[^"\\]++|\\.)*+"|[^\s"]+))*\s*',  # servers may append fields of their own
    re.ASCII,
)
_REQUEST = re.compile(r"([A-Z][A-Z-]{0,31}) (\S.*?)(?: HTTP/\d(?:\.\d)?)?", re.ASCII)
_ESCAPED = re.compile(r'\\(["\\])')
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Entry(NamedTuple):
    """One line of an access log; `at_ms` is UTC in milliseconds since the epoch.

    A field that the server left empty ("-") is empty or 0 here; `referrer` and `agent` are
    `None` where the format has no such field. A request that is no HTTP request has an empty
    method and path.
    """

    address: str
    at_ms: int
    method: str
    path: str
    query: str
    status: int
    size: int
    referrer: str | None
    agent: str | None


def parse_line(line: bytes | str) -> Entry | None:
    """Return what a line says, or `None` where it is not in one of the two formats."""
    text = line.decode("utf-8", "replace") if isinstance(line, bytes) else _without_surrogates(line)
    found = _LINE.fullmatch(text)
    if found is None:
        return None
    address, minute, second, offset, request, status, size, referrer, agent = found.groups()
    try:
        started = _minute_ms(minute, offset)
    except ValueError:
        return None
    if second > "60":  # a leap second is written as 60
        return None
    method, path, query = _request(request)
    return Entry(
        address,
        started + int(second) * 1000,
        method,
        path,
        query,
        0 if status == "-" else int(status),
        0 if size == "-" else int(size),
        _field(referrer),
        _field(agent),
    )


def _without_surrogates(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


@lru_cache(maxsize=4_096)
def _minute_ms(minute: str, offset: str) -> int:
    """Return when a minute such as `17/May/2015:10:05` began; `ValueError` if it never did."""
    day, month, rest = minute.split("/")
    year, hour, minutes = rest.split(":")
    east = timedelta(hours=int(offset[1:3]), minutes=int(offset[3:]))
    zone = timezone(-east if offset[0] == "-" else east) if east else UTC
    began = datetime(
        int(year), _MONTHS.index(month) + 1, int(day), int(hour), int(minutes), tzinfo=zone
    )
    return int(began.timestamp()) * 1000


def _request(request: str) -> tuple[str, str, str]:
    found = _REQUEST.fullmatch(request)
    if found is None:
        return "", "", ""
    method, target = found.groups()
    path, _, query = target.partition("?")
    return method, path, query


def _field(value: str | None) -> str | None:
    if value is None:
        return None
    if value == "-":
        return ""
    return _ESCAPED.sub(r"\1", value) if "\\" in value else value
