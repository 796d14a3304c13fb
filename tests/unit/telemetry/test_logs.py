from __future__ import annotations

import inspect
import io
import json
import logging
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.telemetry import logs, request_id
from vitrine.telemetry.logs import JsonLog

TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
ID = "ab" * 16


class Finished(NamedTuple):
    method: str = "GET"
    endpoint: str = "/api/personalization"
    status: int = 200
    outcome: str = "ok"
    duration_s: float = 0.00123456
    first_byte_s: float | None = 0.001
    request_id: str = ID


@pytest.fixture
def in_a_request() -> Iterator[None]:
    reset = request_id.CURRENT.set(ID)
    yield
    request_id.CURRENT.reset(reset)


def lines(stream: io.BytesIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def said(log: JsonLog, level: str, message: str = "Something happened", **fields: Any) -> None:
    log.write(level, "vitrine.here", message, said.__code__, 7, fields)


def written(level: str = "INFO", **fields: Any) -> dict[str, Any]:
    stream = io.BytesIO()
    log = JsonLog(stream, "DEBUG")
    said(log, level, **fields)
    log.close()
    (line,) = lines(stream)
    return line


def finished(request: Finished, level: str = "INFO") -> list[dict[str, Any]]:
    stream = io.BytesIO()
    log = JsonLog(stream, level)
    log.request(request)
    log.close()
    return lines(stream)


def test_a_line_has_the_members_of_the_design_in_their_order() -> None:
    line = written("WARNING", user_id="0f" * 16, confidence=0.5)
    assert TIMESTAMP.fullmatch(line["timestamp"])
    assert list(line.items())[1:] == [
        ("level", "WARNING"),
        ("logger", "vitrine.here"),
        ("message", "Something happened"),
        ("module", "test_logs"),
        ("function", "said"),
        ("line", 7),
        ("user_id", "0f" * 16),
        ("confidence", 0.5),
    ]


def test_a_line_without_fields_is_whole() -> None:
    assert list(written())[-1] == "line"


@pytest.mark.usefixtures("in_a_request")
def test_in_a_request_its_id_follows_the_fields_and_an_exception_ends_the_line() -> None:
    assert list(written())[-2:] == ["line", "request_id"]
    line = written(exception="Traceback: here", path="/")
    assert list(line)[-3:] == ["path", "request_id", "exception"]
    assert line["request_id"] == ID


@pytest.mark.parametrize(
    ("at_s", "shown"),
    [
        (0.0, "1970-01-01T00:00:00.000Z"),
        (1_700_000_000.999_999, "2023-11-14T22:13:20.999Z"),
        (1_700_000_001.001, "2023-11-14T22:13:21.001Z"),
    ],
)
def test_the_timestamp_is_universal_time_to_the_millisecond(at_s: float, shown: str) -> None:
    stream = io.BytesIO()
    log = JsonLog(stream, "INFO")
    log.put("INFO", at_s, {"message": "now"})
    log.close()
    assert lines(stream) == [{"timestamp": shown, "message": "now"}]


@given(st.text(st.characters(exclude_categories=["Cs", "N", "P", "S"])))
def test_whatever_a_field_says_the_line_stays_one_line(text: str) -> None:
    assert written(said=text)["said"] == text


def test_what_json_cannot_hold_becomes_text() -> None:
    class Mute:
        def __str__(self) -> str:
            raise ValueError

    circle: list[Any] = []
    circle.append(circle)
    line = written(half="\ud800", huge=1 << 70, mute=Mute(), circle=circle, some={1: {2}})
    assert line["half"] == "\\ud800"
    assert line["huge"] == str(1 << 70)
    assert line["mute"] == "<Mute>"
    assert line["some"] == {"1": [2]} or line["some"] == {"1": ["2"]}


def test_secrets_and_people_do_not_reach_the_stream() -> None:
    stream = io.BytesIO()
    log = JsonLog(stream, "INFO")
    said(log, "INFO", "to ada@mail.example")
    log.hide("a-secret-of-the-home")
    said(log, "INFO", "with a-secret-of-the-home", peer="198.51.100.7", exception="token=abc")
    log.put("INFO", 0, {"message": "with a-secret-of-the-home"})
    log.close()
    first, second, third = lines(stream)
    assert first["message"] == "to [email]"
    assert second["message"] == third["message"] == "with [secret]"
    assert (second["peer"], second["exception"]) == ("[ip]", "token=[secret]")
    assert log.redactions == 5


@pytest.mark.parametrize(
    ("level", "taken"),
    [
        ("DEBUG", ["DEBUG", "INFO", "WARNING", "ERROR"]),
        ("WARNING", ["WARNING", "ERROR"]),
        ("ERROR", ["ERROR"]),
    ],
)
def test_a_log_takes_what_is_as_weighty_as_its_level(level: str, taken: list[str]) -> None:
    log = JsonLog(io.BytesIO(), level)
    assert [name for name in logs.LEVELS if log.takes(name)] == taken
    log.close()


def test_the_level_can_be_set_while_the_program_runs() -> None:
    log = JsonLog(io.BytesIO(), "INFO")
    told: list[int] = []
    log.follow_level(told.append)
    log.set_level("DEBUG")
    assert log.takes("DEBUG")
    assert told == [logging.INFO, logging.DEBUG]
    with pytest.raises(KeyError):
        log.set_level("LOUD")
    log.close()


def test_a_finished_request_leaves_one_line() -> None:
    (line,) = finished(Finished())
    assert TIMESTAMP.fullmatch(line.pop("timestamp"))
    assert 0 < line.pop("line") < len(inspect.getsource(inspect.getmodule(finished) or finished))
    assert list(line.items()) == [
        ("level", "INFO"),
        ("logger", "vitrine.http"),
        ("message", "Request finished"),
        ("module", "test_logs"),
        ("function", "finished"),
        ("method", "GET"),
        ("endpoint", "/api/personalization"),
        ("status", 200),
        ("outcome", "ok"),
        ("duration_ms", 1.235),
        ("first_byte_ms", 1.0),
        ("request_id", ID),
    ]


@pytest.mark.parametrize(
    ("status", "outcome", "level"),
    [
        (404, "client_error", "INFO"),
        (499, "client_gone", "INFO"),
        (500, "server_error", "ERROR"),
        (200, "stream_broken", "ERROR"),
    ],
)
def test_a_request_that_failed_by_our_fault_is_an_error(
    status: int, outcome: str, level: str
) -> None:
    (line,) = finished(Finished(status=status, outcome=outcome, first_byte_s=None))
    assert (line["level"], line["first_byte_ms"]) == (level, None)
    assert bool(finished(Finished(status=status, outcome=outcome), "ERROR")) == (level == "ERROR")
