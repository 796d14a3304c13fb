"""Lines are shipped to CloudWatch by real HTTP; whatever it does, nobody waits for it."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from tests.acceptance.cloudwatch import CREDENTIALS, KEY, SECRET, Door, cloudwatch
from tests.acceptance.live import LiveService
from tests.acceptance.prometheus import WITHIN_S, wait_for
from vitrine.telemetry.logs import JsonLog, LibraryRecords, outputs, writer
from vitrine.telemetry.logs import cloudwatch as module
from vitrine.telemetry.logs.cloudwatch import CloudWatchOutput, Target

GROUP, STREAM = "/aws/portfolio/backend", "backend-stream"
SET = "import vitrine.telemetry.logs.cloudwatch as c; c.{}; from vitrine.cli import main; main()"
PATIENT = (sys.executable, "-c", SET.format("CLOSE_S = c.ANSWER_WITHIN_S = 60.0"))
"""A `vitrine` that gives CloudWatch the time that a busy machine needs."""
WAITING = (sys.executable, "-c", SET.format("ANSWER_WITHIN_S = 3600.0"))
"""One whose end would be noticed if it waited for an answer."""


@pytest.fixture(scope="module")
def served() -> Iterator[Door]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in CREDENTIALS.items():
            patch.setenv(name, value)
        with cloudwatch() as door:
            yield door


@pytest.fixture
def door(served: Door) -> Iterator[Door]:
    served.refuse = served.calls = 0
    served.hang.clear()
    yield served
    served.hang.clear()


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Send at once, and wait for a server that is only slow."""
    monkeypatch.setattr(module, "SEND_EVERY_S", 0.2)
    for wait in ("CLOSE_S", "CONNECT_WITHIN_S", "ANSWER_WITHIN_S"):
        monkeypatch.setattr(module, wait, WITHIN_S)
    monkeypatch.setattr(writer, "CLOSE_S", WITHIN_S)


def shipping(door: Door, stream: str) -> tuple[JsonLog, io.BytesIO]:
    printed = io.BytesIO()
    output = CloudWatchOutput(Target(GROUP, stream, door.url))
    return JsonLog(printed, "INFO", outputs=[output]), printed


def say(log: JsonLog, lines: int = 1) -> None:
    for number in range(lines):
        log.write("INFO", "vitrine.here", "Said", say.__code__, 1, {"number": number})


def _is_over(log: JsonLog, lost: int) -> bool:
    return log.dropped["INFO"] > lost


def settings(door: Door, **more: str) -> dict[str, str]:
    at = {"CLOUDWATCH_LOG_GROUP": GROUP, "CLOUDWATCH_ENDPOINT_URL": door.url}
    return {**CREDENTIALS, **at, **more}


def test_a_service_ships_the_lines_that_it_prints_and_shows_no_credential(
    door: Door, start_service: Callable[..., LiveService], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LiveService, "program", PATIENT)
    service = start_service(**settings(door, LOG_LEVEL="DEBUG", CLOUDWATCH_LOG_STREAM="live"))
    with service.client() as client:
        assert client.get("/api/personalization?user_id=ada").is_success
    assert service.end() == 0
    printed = service.log.read_text()
    assert SECRET not in printed
    assert KEY not in printed
    assert "botocore" not in printed
    assert door.lines(GROUP, "live") == printed.splitlines()


def test_a_server_that_hangs_costs_lines_and_neither_answers_nor_the_end(
    door: Door, start_service: Callable[..., LiveService], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LiveService, "program", WAITING)
    door.hang.set()
    service = start_service(**settings(door, CLOUDWATCH_LOG_STREAM="hanging"))
    with service.client() as client:
        wait_for(lambda: door.calls, "a call")
        assert client.get("/api/personalization?user_id=ada").is_success
    assert service.end() == 0
    assert service.lines()[-1]["message"] == "Service stopped"
    assert door.lines(GROUP, "hanging") == []


def test_a_burst_arrives_or_is_counted(door: Door, often: None) -> None:
    log, printed = shipping(door, "burst")
    say(log, 10_000)
    log.close()
    arrived, lines = door.lines(GROUP, "burst"), printed.getvalue().splitlines()
    # A line is lost once, where there was no room for it: before it was printed, or after.
    assert len(arrived) + sum(log.dropped.values()) == 10_000
    assert len(arrived) > 1_000
    assert set(arrived) <= {line.decode() for line in lines}


def test_a_server_that_throttles_gets_the_lines_a_little_later(door: Door, often: None) -> None:
    door.refuse = 2
    log, printed = shipping(door, "throttled")
    say(log, 3)
    wait_for(lambda: len(door.lines(GROUP, "throttled")) == 3, "lines")
    assert door.lines(GROUP, "throttled") == printed.getvalue().decode().splitlines()
    log.close()
    assert log.dropped["INFO"] == 0


def test_a_server_that_refuses_for_long_costs_lines_and_that_is_said_once(
    door: Door, often: None
) -> None:
    log, printed = shipping(door, "refused")
    records = LibraryRecords(log)
    logging.getLogger(outputs.__name__).addHandler(records)
    try:
        for _ in range(2):
            lost = log.dropped["INFO"]
            door.refuse = 3
            say(log)
            wait_for(partial(_is_over, log, lost), "a lost line")
        say(log)
        wait_for(lambda: b"works again" in printed.getvalue(), "a word")
    finally:
        logging.getLogger(outputs.__name__).removeHandler(records)
        log.close()
    said = [json.loads(line) for line in printed.getvalue().splitlines()]
    assert [line["message"] for line in said if line["level"] != "INFO"] == [
        *("Log output fails", "Log output works again")
    ]
    assert next(line["problem"] for line in said if "problem" in line) == "ThrottlingException"


def test_closing_gives_up_on_a_server_that_hangs_and_counts_what_is_lost(
    door: Door, often: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "CLOSE_S", 0.5)
    door.hang.set()
    log, _ = shipping(door, "closing")
    say(log, 5)
    wait_for(lambda: door.calls, "a call")
    log.close()
    assert log.dropped["INFO"] == 5
