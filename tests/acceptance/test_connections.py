"""Clients that are slow, half open, too long-winded or too many, against a real service."""

from __future__ import annotations

import re
import select
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance.live import LiveService
from tests.acceptance.prometheus import WITHIN_S, wait_for
from vitrine.console.frame.assets import PLOTLY, Assets

NARROW = {
    "VITRINE_TRUSTED_PROXIES": "127.0.0.0/8",
    "VITRINE_VISITOR_EVENTS_PER_MINUTE": "1",
    "VITRINE_NETWORK_EVENTS_PER_MINUTE": "2",
    "VITRINE_SITE_EVENTS_PER_MINUTE": "2",
    "VITRINE_NETWORK_ASKS_PER_MINUTE": "1",
    "VITRINE_NETWORK_QUESTIONS_PER_MINUTE": "2",
    "VITRINE_TOKEN_REQUESTS_PER_MINUTE": "2",
    "VITRINE_NETWORK_WRONG_TOKENS_PER_MINUTE": "1",
    "VITRINE_SITE_LOGINS_PER_MINUTE": "1",
}
"""Limits that two or three requests reach. Direct peers, as the other tests are, have none."""
PATIENCE_S = 60.0
ASKED = b"GET /health HTTP/1.1\r\nHost: localhost\r\n"
POSTED = b"POST /api/%b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60\r\n\r\n{"
CHUNKED = (
    b"POST /api/%b HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"11000\r\n" + b" " * 0x11000 + b"\r\n"
)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveService]:
    running = LiveService(tmp_path_factory.mktemp("service") / "home", **NARROW)
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


def ask(
    client: httpx.Client, network: int, method: str, path: str, token: str = "", **options: Any
) -> httpx.Response:
    """Ask as somebody of a network behind the proxy that the service trusts."""
    headers = {"x-forwarded-for": f"198.51.{network}.7", **options.pop("headers", {})}
    headers |= {"authorization": f"Bearer {token}"} if token else {}
    return client.request(method, path, headers=headers, **options)


def send(client: httpx.Client, network: int, *visitors: str) -> list[str | None]:
    """Send an event of each visitor in one batch; return why each was not taken."""
    events = [{"event_name": "download_resume", "user_pseudo_id": who} for who in visitors]
    answer = ask(client, network, "POST", "/api/events", json={"events": events})
    assert answer.status_code == 202
    return [receipt.get("detail") for receipt in answer.json()["receipts"]]


def limited(service: LiveService) -> dict[str, int]:
    return service.counts("api_limited_total", "limit")


def test_events_over_the_limits_of_visitor_network_and_site_are_refused(
    service: LiveService,
) -> None:
    slow_down = "too many events; slow down"
    with service.client() as client:
        assert send(client, 1, "ann", "ann", "ben") == [None, slow_down, slow_down]
        assert send(client, 2, "cleo") == [None]
        assert send(client, 3, "dan") == [
            "the site takes no more events for now; try again in a minute"
        ]
        direct = {"event_name": "download_resume", "user_pseudo_id": "eve"}
        answer = client.post("/api/events", json={"events": [direct] * 5}).json()
    assert {receipt["result"] for receipt in answer["receipts"]} == {"accepted"}
    found = limited(service)
    assert (found["visitor_events"], found["network_events"], found["site_events"]) == (1, 1, 1)


def test_a_network_that_asks_for_too_many_pages_gets_default_ones(service: LiveService) -> None:
    with service.client() as client:
        for _ in range(2):
            page = ask(client, 4, "GET", "/api/personalization?user_id=ann")
            assert page.json()["variant"] == "default"
    assert service.counts("personalization_defaults_total", "reason")["over_limit"] == 1
    assert limited(service)["network_asks"] == 1


def test_visitors_who_ask_too_often_about_themselves_wait(service: LiveService) -> None:
    with service.client() as client:
        token = ask(client, 5, "POST", "/api/visitor/token").json()["token"]
        assert ask(client, 5, "GET", "/api/visitor", token).status_code == 200
        waits = ask(client, 5, "GET", "/api/visitor", token)
        assert (waits.status_code, waits.headers["retry-after"]) == (429, "60")
        before = limited(service).get("token_requests", 0)
        assert ask(client, 6, "GET", "/api/visitor", token).status_code == 200
        assert ask(client, 7, "GET", "/api/visitor", token).status_code == 429
        assert client.get("/api/visitor", headers=bearer(token)).status_code == 200
    found = limited(service)
    assert (found["network_questions"], found["token_requests"] - before) == (1, 1)


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


@pytest.mark.parametrize(
    ("path", "name"), [("/api/admin/switch", "admin-token"), ("/metrics", "metrics-token")]
)
def test_who_guesses_a_token_or_uses_it_too_often_waits(
    service: LiveService, path: str, name: str
) -> None:
    token = (service.home / name).read_text()
    with service.client() as client:
        assert ask(client, 8, "GET", path, "a guess").status_code == 401
        for given in ("a guess", token):
            waits = ask(client, 8, "GET", path, given)
            assert (waits.status_code, waits.headers["retry-after"]) == (429, "60")
        for network in (9, 10):
            assert ask(client, network, "GET", path, token).status_code == 200
        waits = ask(client, 11, "GET", path, token)
        assert (waits.status_code, waits.headers["retry-after"]) == (429, "30")
        for given, status_of in (("a guess", 401), (token, 200)) * 3:
            assert client.get(path, headers=bearer(given)).status_code == status_of
    assert limited(service)["network_wrong_tokens"] >= 2


def test_guesses_of_the_password_from_everywhere_are_held_up_together(
    service: LiveService,
) -> None:
    with service.client() as client:
        page = client.get("/console/login").text
        (csrf,) = re.findall(r'name="csrf" value="([^"]+)"', page)
        form = {"csrf": csrf, "password": "a guess"}
        origin = {"origin": service.url}
        statuses = [
            ask(client, network, "POST", "/console/login", data=form, headers=origin).status_code
            for network in (12, 13)
        ]
    assert statuses == [401, 429]
    assert service.counts("vitrine_logins_total", "result")["limited"] == 1
