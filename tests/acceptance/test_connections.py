"""Clients that are slow, half open or too long-winded, against a real service."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.acceptance.live import LiveService
from tests.acceptance.prometheus import WITHIN_S, wait_for
from vitrine.console.frame.assets import PLOTLY, Assets

ASKED = b"GET /health HTTP/1.1\r\nHost: localhost\r\n"
POSTED = b"POST /api/%b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60\r\n\r\n{"
CHUNKED = (
    b"POST /api/%b HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"11000\r\n" + b" " * 0x11000 + b"\r\n"
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    running = LiveService(tmp_path_factory.mktemp("service") / "home")
    yield running
    running.end()


@pytest.fixture
def connect(service: LiveService) -> Iterator[Callable[..., socket.socket]]:
    opened: list[socket.socket] = []

    def connection(sent: bytes = b"", room: int = 0) -> socket.socket:
        client = socket.socket()
        opened.append(client)
        if room:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        client.settimeout(WITHIN_S)
        client.connect(("127.0.0.1", service.port))
        with suppress(ConnectionError):  # who is refused may be answered before all is sent
            client.sendall(sent)
        return client

    yield connection
    for one in opened:
        one.close()


def status(client: socket.socket) -> int:
    """Return the status of what was answered, 0 where the connection was only cut."""
    line = b""
    with suppress(ConnectionError):
        line = client.recv(4_096).partition(b"\r\n")[0]
    return int(line.split()[1]) if line else 0


def trickle(clients: list[socket.socket], until: Callable[[], bool]) -> None:
    """Send a byte on each connection now and then, as who wants to be waited for."""
    deadline = time.monotonic() + WITHIN_S
    while not until():
        assert time.monotonic() < deadline
        for client in clients:
            try:
                client.send(b"a")
            except OSError:
                continue
        time.sleep(0.5)


def readable(*clients: socket.socket) -> bool:
    return len(select.select(clients, [], [], 0)[0]) == len(clients)


def test_who_is_slow_is_cut_and_others_are_served_meanwhile(
    service: LiveService, connect: Callable[..., socket.socket]
) -> None:
    silent, half = connect(), connect(ASKED + b"X-Slow: ")
    idle = connect(ASKED + b"\r\n")
    assert status(idle) == 200
    events, token = connect(POSTED % b"events"), connect(POSTED % b"visitor/token")
    large = Assets().url(PLOTLY)
    deaf = connect(b"GET %b HTTP/1.1\r\nHost: localhost\r\n\r\n" % large.encode(), room=4_096)
    assert kept(service, deaf)
    trickle([half, events, token], lambda: readable(silent, half, idle, events, token))
    assert silent.recv(1) == b""
    assert idle.recv(1) == b""
    assert status(half) in {0, 408}
    assert status(events) == 408
    assert status(token) == 408
    with service.client() as client:
        assert client.get("/health").status_code == 200
    wait_for(lambda: not kept(service, deaf), "end of who reads nothing")


def kept(service: LiveService, client: socket.socket) -> bool:
    """Whether the system keeps the service's side of a connection (proc(5), /proc/net/tcp)."""
    ends = f"0100007F:{service.port:04X} 0100007F:{client.getsockname()[1]:04X}"
    return ends in Path("/proc/net/tcp").read_text()


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (ASKED + b"X-Long: " + b"a" * 8_000 + b"\r\n\r\n", 200),
        (ASKED + b"X-Long: " + b"a" * 80_000 + b"\r\n\r\n", 431),
        (ASKED + b"".join(b"X-%d: a\r\n" % n for n in range(200)) + b"\r\n", 431),
        (b"GET /" + b"a" * 80_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 431),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 0),
        (CHUNKED % b"events", 413),
        (CHUNKED % b"visitor/token", 413),
    ],
    ids=["usual", "header", "headers", "address", "http2", "events", "token"],
)
def test_a_request_that_is_too_long_is_refused(
    connect: Callable[..., socket.socket], sent: bytes, expected: int
) -> None:
    assert status(connect(sent)) == expected


def test_a_body_that_is_declared_too_long_is_refused_unread(service: LiveService) -> None:
    token = (service.home / "admin-token").read_text().strip()
    with service.client() as client:
        refused = client.put(
            "/api/admin/switch",
            content=b" " * 5_000,
            headers={"authorization": f"Bearer {token}", "content-type": "application/json"},
        )
        assert refused.status_code == 413
        assert refused.json() == {"detail": "body: larger than 4096 bytes"}
        assert client.get("/health").status_code == 200


def test_head_is_answered_as_get_is_but_without_a_body(service: LiveService) -> None:
    with service.client() as client:
        pages = ("/", "/de/", "/resume", "/visitor", "/vitrine.js", "/console/login", "/runbooks")
        for path in (*pages, "/health", "/ready", "/metrics"):
            asked, got = client.head(path), client.get(path)
            assert asked.status_code == got.status_code == 200, path
            assert asked.content == b""
            assert asked.headers["content-type"] == got.headers["content-type"]
        assert client.head("/projects/absent").status_code == 404
        assert client.head("/console").status_code == 303
        assert client.head("/api/visitor/id").status_code == 405
