from __future__ import annotations

import io
import json
import logging
import re
import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.telemetry import logs
from vitrine.telemetry.logs import JsonLog, LibraryRecords

TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def lines(stream: io.BytesIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def written(level: str = "INFO", **fields: Any) -> dict[str, Any]:
    stream = io.BytesIO()
    log = JsonLog(stream, "DEBUG")
    code = test_a_line_has_the_members_of_the_design_in_their_order.__code__
    log.write(level, "vitrine.here", "Something happened", code, 7, fields)
    log.close()
    (line,) = lines(stream)
    return line


def test_a_line_has_the_members_of_the_design_in_their_order() -> None:
    line = written("WARNING", user_id="0f" * 16, confidence=0.5)
    assert list(line) == [
        "timestamp",
        "level",
        "logger",
        "message",
        "module",
        "function",
        "line",
        "user_id",
        "confidence",
    ]
    assert TIMESTAMP.fullmatch(line.pop("timestamp"))
    assert line == {
        "level": "WARNING",
        "logger": "vitrine.here",
        "message": "Something happened",
        "module": "test_logs",
        "function": "test_a_line_has_the_members_of_the_design_in_their_order",
        "line": 7,
        "user_id": "0f" * 16,
        "confidence": 0.5,
    }


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_whatever_a_field_says_the_line_stays_one_line(said: str) -> None:
    assert written(said=said)["said"] == said


class BlockedStream(io.BytesIO):
    """Takes nothing until it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = threading.Event()
        self.free = threading.Event()

    def write(self, data: Any) -> int:
        self.asked.set()
        assert self.free.wait(10)
        return super().write(data)


def test_a_log_that_nobody_reads_drops_what_is_too_much_and_counts_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(logs, "QUEUE_LINES", 3)
    stream = BlockedStream()
    log = JsonLog(stream, "INFO")
    log.put({"n": 0})
    assert stream.asked.wait(10)
    for n in range(1, 6):
        log.put({"n": n})
    assert log.dropped == 2
    stream.free.set()
    log.close()
    assert [line["n"] for line in lines(stream)] == [0, 1, 2, 3]


def test_a_stream_that_breaks_is_counted_and_the_log_goes_on() -> None:
    class Broken(io.BytesIO):
        broken = True

        def write(self, data: Any) -> int:
            if self.broken:
                self.broken = False
                raise BrokenPipeError
            return super().write(data)

    stream = Broken()
    log = JsonLog(stream, "INFO")
    log.put({"n": 0})
    while not log.dropped:
        threading.Event().wait(0.001)
    log.put({"n": 1})
    log.close()
    assert log.dropped == 1
    assert lines(stream) == [{"n": 1}]


def test_closing_writes_what_waits_in_order() -> None:
    stream = io.BytesIO()
    log = JsonLog(stream, "INFO")
    for n in range(2_000):
        log.put({"n": n})
    log.close()
    assert [line["n"] for line in lines(stream)] == list(range(2_000))
    assert log.dropped == 0


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


def library_line(speak: str, *arguments: Any, error: BaseException | None = None) -> dict[str, Any]:
    stream = io.BytesIO()
    log = JsonLog(stream, "INFO")
    logger = logging.getLogger("some.library")
    told = (type(error), error, None) if error is not None else None
    record = logger.makeRecord(
        logger.name, logging.ERROR, __file__, 7, speak, arguments, told, "library_line"
    )
    LibraryRecords(log).handle(record)
    log.close()
    (line,) = lines(stream)
    return line


def test_a_record_of_a_library_has_the_same_form() -> None:
    line = library_line("it took %d ms", 7)
    assert list(line) == list(written())
    assert TIMESTAMP.fullmatch(line["timestamp"])
    assert line["message"] == "it took 7 ms"
    assert (line["level"], line["logger"]) == ("ERROR", "some.library")
    assert (line["module"], line["function"], line["line"]) == ("test_logs", "library_line", 7)


def test_an_exception_stands_in_its_line() -> None:
    line = library_line("it broke", error=ZeroDivisionError("by nought"))
    assert "ZeroDivisionError: by nought" in line["exception"]
    assert list(line)[-1] == "exception"


def test_a_record_whose_arguments_do_not_fit_hurts_nobody() -> None:
    assert library_line("it took %d ms", "long")["message"] == "it took %d ms"
