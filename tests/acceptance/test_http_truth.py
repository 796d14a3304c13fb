"""What telemetry says of requests over a real socket, on both servers and both ends of FastAPI."""

from __future__ import annotations

import base64
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from tests.acceptance.http_app import TICK_S
from tests.acceptance.live import ONCE, environment
from tests.acceptance.prometheus import WITHIN_S
from vitrine.operations.server import free_port

ROOT = Path(__file__).parents[2]
OLDEST = ROOT / ".venv" / "oldest"
OLDEST_VERSIONS = ("0.137.2", "0.46.0")
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


class Setup(NamedTuple):
    server: str
    oldest: bool = False

    def __str__(self) -> str:
        return f"{self.server}-{'oldest' if self.oldest else 'newest'}"


GRANIAN = (Setup("granian"), Setup("granian", oldest=True))
UVICORN = Setup("uvicorn")


class LiveApp:
    """`tests/acceptance/http_app.py` in a process of its own."""

    def __init__(self, setup: Setup, log: Path) -> None:
        self.setup = setup
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._log = log
        path = [str(OLDEST)] if setup.oldest else []
        command = ["-m", "tests.acceptance.http_app", setup.server, str(self.port)]
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                env=environment(PYTHONPATH=os.pathsep.join([*path, str(ROOT)])),
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    def wait(self) -> None:
        """Return when it answers."""

        def answers() -> bool:
            assert self.process.poll() is None, self._log.read_text()
            with suppress(httpx.HTTPError):
                return bool(self.state())
            return False

        eventually(answers)

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = self.ask("/test/state").json()
        return found

    def ask(self, path: str, method: str = "GET", **options: Any) -> httpx.Response:
        return ONCE.request(method, self.url + path, **options)

    def connect(self, request: str) -> socket.socket:
        """Send a request in raw and return the connection, for the caller to leave."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=WITHIN_S)
        connection.sendall(f"{request}\r\nhost: test\r\n".encode() + b"\r\n")
        return connection

    def finished(self, number: int = 1) -> list[dict[str, Any]]:
        """Return what finished, once it is that many requests."""
        eventually(lambda: len(self.state()["finished"]) >= number)
        found: list[dict[str, Any]] = self.state()["finished"]
        assert len(found) == number, found
        return found

    def count(self, metric: str, **labels: str) -> float:
        """Return the sum of a counter or gauge over all series with these labels."""
        rows = self.state()["counts"][metric]
        return float(sum(row["value"] for row in rows if labels.items() <= row["labels"].items()))

    def histogram(self, metric: str, **labels: str) -> dict[str, Any]:
        """Return observations and their sum over all series with these labels."""
        rows = [
            row
            for row in self.state()["histograms"][metric]
            if labels.items() <= row["labels"].items()
        ]
        return {
            "count": sum(row["count"] for row in rows),
            "sum": sum(row["sum"] for row in rows),
            "ids": [one for row in rows for one in row["ids"]],
        }


def eventually(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN_S
    while not holds():
        assert time.monotonic() < deadline, "did not come true in time"
        time.sleep(0.02)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Setup], LiveApp]]:
    """Give a function that starts a setup, once for all tests."""
    running: dict[Setup, LiveApp] = {}

    def start(setup: Setup) -> LiveApp:
        if setup not in running:
            log = tmp_path_factory.mktemp("http") / f"{setup}.log"
            running[setup] = LiveApp(setup, log)
            running[setup].wait()
        return running[setup]

    yield start
    for app in running.values():
        app.process.terminate()
        app.process.wait(WITHIN_S)


@pytest.fixture
def live(request: pytest.FixtureRequest, started: Callable[[Setup], LiveApp]) -> Iterator[LiveApp]:
    """Give a running application on which nothing has been counted yet."""
    setup: Setup = request.param
    if setup.oldest:
        assert OLDEST.is_dir(), "the oldest FastAPI is missing: run `make .venv/oldest`"
    app = started(setup)
    app.ask("/test/reset")
    yield app
    app.ask("/test/release")


everywhere = pytest.mark.parametrize("live", [*GRANIAN, UVICORN], ids=str, indirect=True)
on_granian = pytest.mark.parametrize("live", GRANIAN, ids=str, indirect=True)
on_one_granian = pytest.mark.parametrize("live", GRANIAN[:1], ids=str, indirect=True)
on_uvicorn = pytest.mark.parametrize("live", [UVICORN], ids=str, indirect=True)


@pytest.mark.parametrize("live", GRANIAN[1:], ids=str, indirect=True)
def test_the_oldest_versions_are_those_that_we_allow(live: LiveApp) -> None:
    state = live.state()

    assert (state["fastapi"], state["starlette"]) == OLDEST_VERSIONS
    assert f'"fastapi>={OLDEST_VERSIONS[0]}"' in (ROOT / "pyproject.toml").read_text()


@everywhere
def test_requests_count_under_the_template_of_their_route(live: LiveApp) -> None:
    for path in ("/nested/inner/7", "/nested/inner/0", "/sub/x", "/ordered/me", "/ordered/you"):
        live.ask(path)
    live.ask("/raw-is-not-a-mount")
    live.ask("/sub/x/y")
    live.ask("/api/direct", "POST")

    assert [(one["endpoint"], one["group"], one["status"]) for one in live.finished(8)] == [
        ("/nested/inner/{item}", "page", 203),
        ("/nested/inner/{item}", "page", 404),
        ("/sub/{name}", "page", 200),
        ("/ordered/me", "page", 200),
        ("/ordered/{who}", "page", 200),
        ("unmatched", "page", 404),
        ("unmatched", "page", 404),
        ("/api/direct", "api", 202),
    ]
    counted = live.count("api_requests_total", endpoint="/nested/inner/{item}", status="203")
    assert counted == 1
    assert live.count("api_requests_total") == 8
    assert live.histogram("api_request_duration_seconds")["count"] == 8
    assert live.count("api_outcomes_total", group="page", outcome="client_error") == 3


@everywhere
def test_methods_that_a_route_lacks_and_invented_ones_are_unmatched(live: LiveApp) -> None:
    live.ask("/only-post")
    live.ask("/api/direct", "DELETE")
    for _ in range(3):
        with live.connect("ZORK /nested/inner/7 HTTP/1.1") as connection:
            connection.recv(1000)

    found = [(one["method"], one["endpoint"], one["status"]) for one in live.finished(5)]
    assert found[0] == ("GET", "unmatched", 405)
    assert found[1] == ("DELETE", "unmatched", 202)
    assert found[2:] == [("other", "unmatched", 405)] * 3
    assert {row["labels"]["method"] for row in live.state()["counts"]["api_requests_total"]} == {
        "DELETE",
        "GET",
        "HEAD",
        "POST",
        "other",
    }


@everywhere
def test_head_counts_as_itself(live: LiveApp) -> None:
    answer = live.ask("/plain", "HEAD")

    assert (answer.status_code, answer.content) == (200, b"")
    assert live.count("api_requests_total", method="HEAD", endpoint="/plain", status="200") == 1


@on_granian
def test_a_websocket_passes_and_is_not_a_request(live: LiveApp) -> None:
    key = base64.b64encode(bytes(16)).decode()
    upgrade = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13"
    with live.connect(
        f"GET /socket HTTP/1.1\r\n{upgrade}\r\nsec-websocket-key: {key}"
    ) as connection:
        assert connection.recv(1000).startswith(b"HTTP/1.1 101")
        masked_with_zeros = bytes([0x81, 0x80 | 5, 0, 0, 0, 0]) + b"hello"
        connection.sendall(masked_with_zeros)
        assert b"hello back" in connection.recv(1000)

    assert live.state()["finished"] == []
    assert live.count("api_requests_total") == 0


@everywhere
def test_an_exception_before_the_first_byte_is_a_server_error(live: LiveApp) -> None:
    answer = live.ask("/fails")

    assert answer.status_code == 500
    [one] = live.finished()
    assert (one["endpoint"], one["status"], one["outcome"]) == ("/fails", 500, "server_error")
    assert answer.headers["x-request-id"] == one["request_id"]
    assert live.count("api_outcomes_total", outcome="server_error") == 1


@everywhere
def test_a_stream_that_breaks_keeps_its_status_and_is_no_success(live: LiveApp) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        live.ask("/breaks")

    [one] = live.finished()
    assert (one["status"], one["outcome"]) == (200, "stream_broken")
    assert one["first_byte_s"] < one["duration_s"]
    assert live.count("api_outcomes_total", outcome="ok") == 0
    assert live.count("api_outcomes_total", outcome="stream_broken") == 1


@on_granian
def test_a_stream_that_breaks_before_it_begins_is_the_500_that_granian_sends(
    live: LiveApp,
) -> None:
    assert live.ask("/breaks-at-once").status_code == 500

    [one] = live.finished()
    assert (one["status"], one["outcome"]) == (500, "server_error")
    assert one["first_byte_s"] is None


@on_uvicorn
def test_a_stream_that_breaks_before_it_begins_is_a_broken_200_on_uvicorn(live: LiveApp) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        live.ask("/breaks-at-once")

    [one] = live.finished()
    assert (one["status"], one["outcome"]) == (200, "stream_broken")


@everywhere
def test_a_client_that_leaves_before_an_answer_is_a_499(live: LiveApp) -> None:
    with live.connect("GET /slow HTTP/1.1"):
        eventually(lambda: in_flight(live) == 1)
        time.sleep(0.15)
    eventually(lambda: live.state()["left"] == 1)
    live.ask("/test/release")

    [one] = live.finished()
    assert (one["status"], one["outcome"]) == (499, "client_gone")
    assert one["first_byte_s"] is None
    assert live.count("api_requests_total", endpoint="/slow", status="499") == 1
    assert live.count("api_requests_total", endpoint="/slow", status="200") == 0
    assert live.state()["seen"] == ["slow went on to its end"]


@everywhere
def test_a_client_that_leaves_during_a_stream_keeps_the_status_that_it_got(live: LiveApp) -> None:
    with live.connect("GET /stream HTTP/1.1") as connection:
        assert connection.recv(1000).startswith(b"HTTP/1.1 200")
        time.sleep(0.15)

    [one] = live.finished()
    assert (one["status"], one["outcome"]) == (200, "client_gone")
    assert live.count("api_requests_total", endpoint="/stream", status="200") == 1
    assert live.count("api_outcomes_total", outcome="client_gone") == 1


@everywhere
def test_the_application_still_hears_that_the_client_left(live: LiveApp) -> None:
    with live.connect("GET /raw/hears HTTP/1.1"):
        eventually(lambda: in_flight(live) == 1)
        time.sleep(0.15)

    eventually(lambda: len(live.state()["seen"]) == 2)
    assert live.state()["seen"] == ["/raw/hears http.request", "/raw/hears http.disconnect"]
    [one] = live.finished()
    assert (one["endpoint"], one["outcome"]) == ("/raw/{path}", "client_gone")


@everywhere
def test_a_watched_request_loses_nothing_of_its_body(live: LiveApp) -> None:
    body = os.urandom(400_000)

    assert live.ask("/late-reader", "POST", content=body).json() == len(body)
    [one] = live.finished()
    assert (one["status"], one["outcome"]) == (200, "ok")


@everywhere
def test_work_after_the_last_byte_is_background_and_not_latency(live: LiveApp) -> None:
    assert live.ask("/background").json() == "answered"
    [one] = live.finished()
    began = time.monotonic()
    assert in_flight(live) == 0
    assert live.histogram("api_background_seconds")["count"] == 0
    time.sleep(0.1)
    worked = time.monotonic() - began
    live.ask("/test/release")
    eventually(lambda: live.histogram("api_background_seconds", group="page")["count"] == 1)

    assert live.histogram("api_background_seconds", group="page")["sum"] >= worked
    latency = live.histogram("api_request_duration_seconds", endpoint="/background")
    assert (latency["count"], latency["sum"]) == (1, one["duration_s"])


@everywhere
def test_a_request_is_in_flight_until_its_last_byte(live: LiveApp) -> None:
    with live.connect("GET /stream HTTP/1.1") as connection:
        assert connection.recv(1000)
        assert in_flight(live) == 1
        live.ask("/test/release")
        live.finished()
        assert in_flight(live) == 0


@everywhere
def test_a_stream_is_timed_to_its_last_byte(live: LiveApp) -> None:
    assert live.ask("/short-stream").text == "chunk\n" * 3

    [one] = live.finished()
    assert one["outcome"] == "ok"
    assert one["duration_s"] - one["first_byte_s"] > 2 * TICK_S
    timed = live.histogram("api_request_duration_seconds", endpoint="/short-stream")
    assert (timed["count"], timed["sum"]) == (1, one["duration_s"])
    assert live.histogram("api_first_byte_seconds", group="page")["sum"] == one["first_byte_s"]


@everywhere
def test_server_sent_events_are_counted_but_not_timed(live: LiveApp) -> None:
    assert live.ask("/events").text == "chunk\n" * 3

    [one] = live.finished()
    assert (one["status"], one["outcome"]) == (200, "ok")
    assert live.histogram("api_request_duration_seconds")["count"] == 0
    assert live.histogram("api_first_byte_seconds", group="page")["count"] == 1


@everywhere
def test_a_file_that_the_server_sends_itself_is_a_complete_answer(live: LiveApp) -> None:
    assert live.ask("/file").text == (ROOT / "tests" / "acceptance" / "http_app.py").read_text()

    [one] = live.finished()
    assert (one["status"], one["outcome"]) == (200, "ok")


@everywhere
def test_the_id_of_a_request_is_in_its_answer_its_context_and_its_exemplar(live: LiveApp) -> None:
    trace = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
    sent = live.ask("/id", headers=trace)
    in_thread = live.ask("/id-in-thread", headers=trace)
    made = live.ask("/id", headers={"traceparent": "00-nonsense"})

    assert sent.json() == sent.headers["x-request-id"] == in_thread.json() == TRACE
    assert made.json() == made.headers["x-request-id"] != TRACE
    assert [one["request_id"] for one in live.finished(3)] == [TRACE, TRACE, made.json()]
    assert set(live.histogram("api_request_duration_seconds")["ids"]) <= {TRACE, made.json()}
    assert live.histogram("api_request_duration_seconds")["ids"]
    assert live.state()["outside"] is None


@on_one_granian
def test_every_declared_combination_starts_at_0(live: LiveApp) -> None:
    rows = live.state()["counts"]["api_requests_total"]

    assert {row["value"] for row in rows} == {0}
    declared = {tuple(row["labels"].values()) for row in rows}
    assert {
        ("GET", "/nested/inner/{item}", "203"),
        ("GET", "/nested/inner/{item}", "404"),
        ("GET", "/nested/inner/{item}", "500"),
        ("POST", "/api/direct", "202"),
        ("HEAD", "/plain", "200"),
        ("GET", "/sub/{name}", "200"),
        ("GET", "unmatched", "404"),
    } <= declared


def in_flight(live: LiveApp) -> float:
    return live.count("api_requests_in_flight")
