"""Lines are found by level, component, request, text and time."""

from __future__ import annotations

import json
from typing import Any

import pytest

from vitrine.usecases.log_search import KeptLine, Wanted, search


def line(number: int, level: str = "INFO", **members: Any) -> KeptLine:
    body = {
        "timestamp": f"2026-03-01T10:00:{number:02d}.000Z",
        "level": level,
        "logger": "vitrine.http",
        "message": "Request finished",
        "module": "exchange",
        "function": "f",
        "line": 1,
        **members,
    }
    return KeptLine(number, level, json.dumps(body, ensure_ascii=False).encode() + b"\n")


LINES = [
    line(1, "DEBUG", message="Personalization served", user_id="0f" * 16),
    line(2, endpoint="/api/events", request_id="ab" * 16),
    line(3, "WARNING", logger="vitrine.adapters.database.watch", module="watch", message="Slow"),
    line(4, "ERROR", message='Grüße, "quoted"', exception="Traceback: ValueError"),
    line(5, endpoint="/console/logs", request_id="cd" * 16),
]


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (Wanted(), [4, 3, 2, 1]),
        (Wanted(own=True), [5, 4, 3, 2, 1]),
        (Wanted("WARNING"), [4, 3]),
        (Wanted("ERROR"), [4]),
        (Wanted("NONSENSE"), [4, 3, 2, 1]),
        (Wanted(component="database"), [3]),
        (Wanted(component="watch"), [3]),
        (Wanted(component="adapters.data"), [3]),
        (Wanted(component="vitrine.http"), [4, 2, 1]),
        (Wanted(component="ttp"), []),
        (Wanted(users=("0f" * 16, "ab")), [1]),
        (Wanted(request="ab" * 16), [2]),
        (Wanted(request="ab"), []),
        (Wanted(request="cd" * 16, own=True), [5]),
        (Wanted(text="SLOW"), [3]),
        (Wanted(text='Grüße, "quoted"'), [4]),
        (Wanted(text="valueerror"), [4]),
        (Wanted(text="no such words"), []),
        (Wanted(since="2026-03-01T10:00:03"), [4, 3]),
        (Wanted(until="2026-03-01T10:00:02"), [2, 1]),
        (Wanted(since="2026-03-01T10:00", until="2026-03-01T10:00"), [4, 3, 2, 1]),
        (Wanted(since="2026-03-01T10:01"), []),
        (Wanted("INFO", component="http", text="events"), [2]),
    ],
)
def test_lines_are_found_by_what_is_wanted(wanted: Wanted, numbers: list[int]) -> None:
    assert [found.number for found in search(LINES, wanted, 10)] == numbers


def test_only_so_many_are_returned_the_newest_first() -> None:
    assert [found.number for found in search(LINES, Wanted(), 2)] == [4, 3]


def test_a_line_is_read_into_its_parts() -> None:
    (found,) = search(LINES, Wanted(text="events"), 1)
    assert (found.level, found.logger, found.message) == (
        "INFO",
        "vitrine.http",
        "Request finished",
    )
    assert found.request_id == "ab" * 16
    assert found.fields == {"endpoint": "/api/events"}
