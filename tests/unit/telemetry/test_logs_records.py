from __future__ import annotations

import io
import json
import logging
import logging.config
import sys
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from vitrine.telemetry.logs import JsonLog, LibraryRecords, plain_logging
from vitrine.telemetry.logs.records import WEIGHED

OWN = ["timestamp", "level", "logger", "message", "module", "function", "line"]


def emitted(record: logging.LogRecord, level: str = "INFO") -> list[dict[str, Any]]:
    stream = io.BytesIO()
    log = JsonLog(stream, level)
    LibraryRecords(log).handle(record)
    log.close()
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def record(message: Any, *arguments: Any, level: int = logging.ERROR, **more: Any) -> Any:
    return logging.getLogger("some.library").makeRecord(
        "some.library", level, __file__, 7, message, arguments, more.pop("told", None), "here", more
    )


def line_of(message: Any, *arguments: Any, **more: Any) -> dict[str, Any]:
    (line,) = emitted(record(message, *arguments, **more))
    return line


def divide() -> None:
    local_value = 0
    raise ZeroDivisionError(f"of ada@mail.example, {local_value}")


def told_of_a_chain() -> Any:
    try:
        try:
            divide()
        except ZeroDivisionError as cause:
            raise ValueError("GET /v1?key=canary1") from cause
    except ValueError:
        return sys.exc_info()


def test_a_record_of_a_library_has_the_same_form() -> None:
    line = line_of("it took %d ms", 7)
    assert list(line) == OWN
    assert line["message"] == "it took 7 ms"
    assert (line["level"], line["logger"]) == ("ERROR", "some.library")
    assert (line["module"], line["function"], line["line"]) == ("test_logs_records", "here", 7)


@pytest.mark.parametrize(
    ("number", "level"), [(50, "ERROR"), (5, "DEBUG"), (22, "INFO"), (28, "WARNING"), (99, "ERROR")]
)
def test_foreign_levels_become_the_nearest_of_ours(number: int, level: str) -> None:
    (line,) = emitted(record("x", level=number), "DEBUG")
    assert line["level"] == level


def test_extras_become_fields_and_never_take_the_place_of_ours() -> None:
    line = line_of("x", user="u1")
    assert line["user"] == "u1"
    made = record("x")
    made.line, made.request_id, made.api_key = 3, "theirs", "canary1"
    (line,) = emitted(made)
    assert (line["line"], line["extra_line"], line["extra_request_id"]) == (7, 3, "theirs")
    assert line["api_key"] == "[secret]"


def test_an_exception_stands_in_its_line_with_its_causes_and_without_variables() -> None:
    line = line_of("it broke", told=told_of_a_chain())
    assert list(line)[-1] == "exception"
    assert "ZeroDivisionError: of [email]" in line["exception"]
    assert "ValueError: GET /v1?key=[secret]" in line["exception"]
    assert "direct cause" in line["exception"]
    assert "local_value = 0" not in line["exception"]


def test_being_told_of_no_exception_is_none() -> None:
    assert list(line_of("x", told=(None, None, None))) == OWN


def test_a_traceback_that_was_rendered_before_is_kept() -> None:
    made = record("x")
    made.exc_text = "Traceback: token=canary1"
    assert emitted(made)[0]["exception"] == "Traceback: token=[secret]"


def test_a_very_long_message_loses_its_middle() -> None:
    message = line_of("begin" + "x" * 100_000 + "end")["message"]
    assert len(message) < 20_000
    assert message.startswith("begin")
    assert message.endswith("end")


class Mute:
    def __str__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    ("message", "arguments", "shown"),
    [
        ("it took %d ms", ("long",), "it took %d ms"),
        ("%(absent)s", ({"a": 1},), "%(absent)s"),
        ("%s", (Mute(),), "%s"),
        (Mute(), (), "<Mute>"),
        (7, (), "7"),
    ],
)
def test_a_record_whose_arguments_do_not_fit_hurts_nobody(
    message: Any, arguments: tuple[Any, ...], shown: str
) -> None:
    assert line_of(message, *arguments)["message"] == shown


@pytest.fixture
def quiet_root() -> Iterator[logging.Logger]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield root
    logging.captureWarnings(capture=False)
    root.handlers[:] = handlers
    root.setLevel(level)


def test_installed_it_hears_all_once_and_follows_the_level(quiet_root: logging.Logger) -> None:
    stream, foreign = io.BytesIO(), io.StringIO()
    quiet_root.addHandler(logging.StreamHandler(foreign))
    log = JsonLog(stream, "INFO")
    LibraryRecords(log).install()
    logging.config.dictConfig(plain_logging())
    logging.getLogger("_granian").warning(WEIGHED)
    logging.getLogger("_granian").info("listening")
    logging.getLogger("uvicorn.error").info("started")
    logging.getLogger("other").debug("not yet")
    log.set_level("DEBUG")
    logging.getLogger("other").debug("now")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn("old and token=canary1", DeprecationWarning, stacklevel=1)
    log.close()
    found = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["message"] for line in found[:3]] == ["listening", "started", "now"]
    assert (found[3]["logger"], found[3]["level"]) == ("py.warnings", "WARNING")
    assert "DeprecationWarning: old and token=[secret]" in found[3]["message"]
    assert len(found) == 4
    assert not foreign.getvalue()
