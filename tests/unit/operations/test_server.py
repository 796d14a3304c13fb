from __future__ import annotations

import asyncio
import errno
import os
import resource
import signal
import socket
from collections.abc import Iterator
from itertools import count
from types import TracebackType
from typing import Any, Self

import pytest

from vitrine.operations import server
from vitrine.operations.server import AddressInUseError, claim, free_port, run


class Probe:
    """Stands for a socket; `problem` is what binding it meets."""

    problem: OSError | None = None
    bound: tuple[Any, ...] = ()

    def __init__(self, family: int, kind: int) -> None:
        type(self).bound = (family, kind)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: object, trace: TracebackType | None
    ) -> None: ...

    def setsockopt(self, *_: int) -> None: ...

    def bind(self, address: tuple[str, int]) -> None:
        type(self).bound = (*self.bound, address)
        if self.problem is not None:
            raise self.problem


@pytest.fixture
def probe(monkeypatch: pytest.MonkeyPatch) -> type[Probe]:
    class Fresh(Probe): ...

    monkeypatch.setattr("vitrine.operations.server.socket.socket", Fresh)
    return Fresh


@pytest.mark.parametrize(
    ("host", "family"), [("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)]
)
def test_a_free_address_may_be_listened_on(probe: type[Probe], host: str, family: int) -> None:
    claim(host, 8000)
    assert probe.bound == (family, socket.SOCK_STREAM, (host, 8000))


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (OSError(errno.EADDRINUSE, "Address already in use"), "address already in use"),
        (OSError(errno.EACCES, "Permission denied"), "permission denied"),
        (socket.gaierror(-2, "Name or service not known"), "name or service not known"),
    ],
)
def test_an_address_that_cannot_be_listened_on_is_one_line(
    probe: type[Probe], problem: OSError, said: str
) -> None:
    probe.problem = problem
    with pytest.raises(AddressInUseError) as refusal:
        claim("some.host", 80)
    assert str(refusal.value) == (
        f"cannot listen on some.host:80: {said}; choose another with --host or --port"
    )


async def app(*_: object) -> None:
    """Stand for an application that is never asked."""


@pytest.fixture
def _hung_up_as_before() -> Iterator[None]:
    before = signal.getsignal(signal.SIGHUP)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("_hung_up_as_before")
@pytest.mark.parametrize(
    ("numbers", "terminal"),
    [
        ([signal.SIGTERM], True),
        ([signal.SIGINT], True),
        ([signal.SIGHUP], True),
        ([signal.SIGHUP, signal.SIGTERM], False),
    ],
)
def test_a_signal_stops_the_server_and_run_returns_but_who_has_no_terminal_hears_no_hangup(
    monkeypatch: pytest.MonkeyPatch, numbers: list[signal.Signals], terminal: bool
) -> None:
    asked: dict[str, Any] = {}

    class Granian:
        def __init__(self, app: object, **options: Any) -> None:
            asked.update(options, app=app)
            self._stopped = asyncio.Event()

        def stop(self) -> None:
            self._stopped.set()

        async def serve(self) -> None:
            for number in numbers:
                assert not self._stopped.is_set()
                os.kill(os.getpid(), number)
                await asyncio.sleep(0)
            async with asyncio.timeout(60):
                await self._stopped.wait()
            asked["served"] = True

    monkeypatch.setattr(server, "BoundedServer", Granian)
    monkeypatch.setattr(os, "isatty", lambda _descriptor: terminal)
    run(app, "127.0.0.1", 8000)
    assert (asked["address"], asked["port"]) == ("127.0.0.1", 8000)
    assert asked["served"]


def test_a_port_that_is_given_is_free_and_is_not_given_again() -> None:
    given = [free_port() for _ in range(100)]
    assert len(set(given)) == 100
    for port in given:
        claim("127.0.0.1", port)


def test_a_port_that_another_was_given_is_not_given_before_somebody_listens_there(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    given = set()
    for _ in range(2):  # as another process that begins with the same
        monkeypatch.setattr(server, "_asked", count())
        given.add(free_port())
    assert len(given) == 2


@pytest.mark.parametrize(
    ("soft", "hard", "connections", "asked"),
    [
        (1_024, 1_048_576, server.MOST_CONNECTIONS, 4_352),
        (65_536, 1_048_576, server.MOST_CONNECTIONS, None),
        (1_024, 2_048, 1_792, 2_048),
        (100, 100, 1, None),
        (resource.RLIM_INFINITY, resource.RLIM_INFINITY, server.MOST_CONNECTIONS, None),
    ],
)
def test_connections_are_bounded_by_what_the_system_allows(
    monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, connections: int, asked: int | None
) -> None:
    given: list[tuple[int, int]] = []
    monkeypatch.setattr("vitrine.operations.server.resource.getrlimit", lambda _: (soft, hard))
    monkeypatch.setattr(
        "vitrine.operations.server.resource.setrlimit", lambda _, files: given.append(files)
    )
    assert server.most_connections() == connections
    assert given == ([] if asked is None else [(asked, hard)])
