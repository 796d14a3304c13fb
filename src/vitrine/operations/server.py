"""Runs an ASGI application on granian, in this process, until a signal asks it to stop."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import socket
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from itertools import count, islice
from typing import Any

import uvloop
from granian.constants import Interfaces

from vitrine.domain.failure import Failure
from vitrine.operations.connections import BoundedServer
from vitrine.operations.starting import App, Starting, serve_started

MOST_CONNECTIONS = 4_096
"""Open at once; a browser keeps its own open for a while. More wait to be accepted."""
BACKLOG = 1_024
OTHER_FILES = 256
"""Files that are open beside connections: the database, logs, and who is asked."""
ASSIGNABLE = range(20_000, 32_768)
APART = 199
MARKED = 64
_asked = count()
_marks: deque[int] = deque()


class AddressInUseError(Failure):
    """Somebody else listens there; the message says what to do."""


def claim(host: str, port: int, options: str = "--host or --port") -> None:
    """Raise `AddressInUseError` where host and port cannot be listened on.

    Its message names the `options` that choose another place.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as problem:
            reason = (problem.strerror or str(problem)).lower()
            raise AddressInUseError(
                f"cannot listen on {host}:{port}: {reason}; choose another with {options}"
            ) from None


def reached_at(host: str, port: int) -> str:
    """Return where what listens there is reached from this machine, as host:port."""
    near = "127.0.0.1" if host in ("0.0.0.0", "::") else host  # noqa: S104
    return f"[{near}]:{port}" if ":" in near else f"{near}:{port}"


def free_port() -> int:
    """Return a port of loopback that nobody listens on at the moment.

    It lies below those that systems hand out by default to whoever connects somewhere. No
    process gets one twice soon, and processes begin at different ones: nobody else takes it
    before the program that it is meant for. Whoever asks in the same way does not get it either
    while that program is not yet there, or away: the last ones given are marked for as long as
    this process lives.
    """
    first = os.getpid() * APART
    for place in islice(_asked, len(ASSIGNABLE)):
        port = ASSIGNABLE[(first + place) % len(ASSIGNABLE)]
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            _mark(port)
            return port
    raise AddressInUseError("cannot listen on 127.0.0.1: no port is free there")


def _mark(port: int) -> None:
    """Take the port of the same number for datagrams; raises `OSError` where another has."""
    with socket.socket(type=socket.SOCK_DGRAM) as mark:
        mark.bind(("127.0.0.1", port))
        _marks.append(mark.detach())
    if len(_marks) > MARKED:
        os.close(_marks.popleft())


def listen_on(host: str, port: int) -> socket.socket:
    """Return a socket that listens; raises `AddressInUseError` where nobody can."""
    claim(host, port)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.bind((host, port))
    listener.listen(BACKLOG)
    return listener


def run(
    app: App,
    host: str,
    port: int,
    logging: Mapping[str, Any] | None = None,
    ending: Callable[[], None] = lambda: None,
) -> None:
    """Serve until `heed` hears of the end: then accept no more, finish what runs, and return.

    Raises `CannotStartError` where the application does.
    `logging` is a `dictConfig` for the server's own loggers, which are silent without it.
    `ending` is called with the signal; endless streams must end then, or they are waited for.
    """
    uvloop.run(_serve(app, host, port, logging, ending))


async def _serve(
    app: App,
    host: str,
    port: int,
    logging: Mapping[str, Any] | None,
    ending: Callable[[], None],
) -> None:
    starting = Starting(app)
    server = BoundedServer(
        starting,
        address=host,
        port=port,
        interface=Interfaces.ASGI,
        backlog=BACKLOG,
        backpressure=most_connections(),  # it bounds connections, idle ones too, not requests
        log_enabled=logging is not None,
        log_dictconfig=None if logging is None else dict(logging),
    )

    def end() -> None:
        ending()
        server.stop()  # type: ignore[no-untyped-call]

    heed(end)
    await serve_started(server, starting)


def heed(end: Callable[[], None]) -> None:
    """Have `end` called at SIGTERM and SIGINT, and at SIGHUP where a terminal was closed.

    Without a terminal SIGHUP changes nothing: who rotates logs often sends it, and files are
    followed without.
    """
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    if os.isatty(0) and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # as of nohup
        loop.add_signal_handler(signal.SIGHUP, end)
    else:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)


def most_connections() -> int:
    """Return how many connections the system lets this process keep, having asked for enough."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = MOST_CONNECTIONS + OTHER_FILES
    if hard != resource.RLIM_INFINITY:
        files = min(files, hard)
    if soft != resource.RLIM_INFINITY and soft < files:
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, hard))
    return max(1, files - OTHER_FILES)
