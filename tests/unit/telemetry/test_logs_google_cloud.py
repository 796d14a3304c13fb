"""Lines as Google Cloud reads them: with a severity, and a trace where there is one."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from vitrine.telemetry import request_id
from vitrine.telemetry.logs import GoogleCloud, JsonLog, LibraryRecords
from vitrine.telemetry.logs.google_cloud import TRACE
from vitrine.telemetry.request_id import Trace

ID = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = (b"traceparent", f"00-{ID}-00f067aa0ba902b7-01".encode())


class Finished(NamedTuple):
    method: str = "GET"
    endpoint: str = "/"
    status: int = 500
    outcome: str = "server_error"
    duration_s: float = 0.001
    first_byte_s: float | None = None
    request_id: str = Trace(ID)


@pytest.fixture
def in_a_traced_request() -> Iterator[None]:
    reset = request_id.CURRENT.set(request_id.request_id([TRACEPARENT]))
    yield
    request_id.CURRENT.reset(reset)


def lines(form: GoogleCloud, request: str = Trace(ID)) -> list[dict[str, Any]]:
    """Return a line of each kind: of our own, of a request, of a library."""
    stream = io.BytesIO()
    log = JsonLog(stream, "INFO", form=form)
    log.write("INFO", "vitrine.here", "Said", lines.__code__, 1, {"number": 1})
    log.request(Finished(request_id=request))
    LibraryRecords(log).emit(logging.makeLogRecord({"levelno": 30, "name": "x", "msg": "Said"}))
    log.close()
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.usefixtures("in_a_traced_request")
def test_a_line_has_a_severity_and_the_trace_of_its_request() -> None:
    found = lines(GoogleCloud())
    assert [line["severity"] for line in found] == ["INFO", "ERROR", "WARNING"]
    assert [line["level"] for line in found] == ["INFO", "ERROR", "WARNING"]
    assert {line[TRACE] for line in found} == {ID}
    assert {line["request_id"] for line in found} == {ID}


@pytest.mark.usefixtures("in_a_traced_request")
def test_a_trace_is_named_in_its_project_where_one_is_set() -> None:
    assert {line[TRACE] for line in lines(GoogleCloud("folio"))} == {f"projects/folio/traces/{ID}"}


def test_an_id_that_was_made_up_here_is_no_trace() -> None:
    made_up = request_id.request_id([])
    assert not isinstance(made_up, Trace)
    assert [line for line in lines(GoogleCloud(), made_up) if TRACE in line] == []
