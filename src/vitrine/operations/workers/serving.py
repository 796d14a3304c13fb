"""Serves one place: the application on the socket of all, and its own port beside it."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import socket
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import uvloop
from granian.constants import Interfaces

from vitrine.operations.connections import BoundedServer
from vitrine.operations.server import BACKLOG, most_connections
from vitrine.operations.starting import Starting, serve_started
from vitrine.operations.workers.place import Place
from vitrine.operations.workers.process import DRAIN
from vitrine.operations.workers.targets import HOST

DRAIN_S = 1.0
"""So long clients of kept connections are told to come again by another one."""
AGAIN_AFTER_S = 0.05
CLOSE = (b"connection", b"close")
DESCRIPTORS = Path("/proc/self/fd")

Message = MutableMapping[str, Any]
App = Callable[..., Any]


def serve(
    app: App,
    own: App,
    place: Place,
    logging: Mapping[str, Any] | None = None,
    ending: Callable[[], None] = lambda: None,
) -> None:
    """Serve until SIGTERM or SIGINT, or leave by and by at SIGHUP, and return.

    `own` is served on the place's own port, from when its last holder has left it until the
    application has ended. `logging`, `ending` and what is raised are as of
    `operations.server.run`.
    """
    uvloop.run(_serve(app, own, place, logging, ending))


async def _serve(
    app: App,
    own: App,
    place: Place,
    logging: Mapping[str, Any] | None,
    ending: Callable[[], None],
) -> None:
    loop = asyncio.get_running_loop()
    beside: list[asyncio.Task[None]] = []

    def started() -> None:
        _say_ready(place.ready)
        beside.append(loop.create_task(_serve_own(own, place.port, logging)))

    starting = Starting(app)
    leaving = Leaving(starting, started)
    server = InheritedServer(leaving, place.listener, Interfaces.ASGI, logging)

    def end() -> None:
        ending()
        server.stop()  # type: ignore[no-untyped-call]

    def drain() -> None:
        leaving.asked = True
        accept_no_more(place.listener)
        loop.call_later(DRAIN_S, end)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    loop.add_signal_handler(DRAIN, drain)
    await serve_started(server, starting)
    for task in beside:
        task.cancel()
    await asyncio.gather(*beside, return_exceptions=True)


async def _serve_own(app: App, port: int, logging: Mapping[str, Any] | None) -> None:
    """Serve on the place's own port as soon as nobody else does, until cancelled."""
    listener = await _bound(port)
    server = InheritedServer(app, listener.detach(), Interfaces.ASGINL, logging)
    serving = asyncio.create_task(server.serve())
    try:
        await asyncio.shield(serving)
    finally:
        server.stop()  # type: ignore[no-untyped-call]
        await serving


async def _bound(port: int) -> socket.socket:
    """Return a socket that listens on the place's own port.

    Two workers of one place never hold it at once: counts of the older one, which still
    finishes what runs, would alternate with those of the newer one.
    """
    while True:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, port))
            listener.listen(BACKLOG)
        except OSError:
            listener.close()
            await asyncio.sleep(AGAIN_AFTER_S)
        else:
            return listener


def _say_ready(descriptor: int) -> None:
    with suppress(OSError):  # a supervisor that is gone ends us anyway
        os.write(descriptor, b"1")
    os.close(descriptor)


class InheritedServer(BoundedServer):
    """Granian's embedded server on a socket that listens already; it takes the socket over."""

    def __init__(
        self,
        app: App,
        descriptor: int,
        interface: Interfaces,
        logging: Mapping[str, Any] | None,
    ) -> None:
        with socket.socket(fileno=os.dup(descriptor)) as listener:
            host, port, *_ = listener.getsockname()
        super().__init__(
            app,
            address=host,
            port=port,
            interface=interface,
            backlog=BACKLOG,
            backpressure=most_connections(),
            log_enabled=logging is not None,
            log_dictconfig=None if logging is None else dict(logging),
        )
        self._descriptor = descriptor

    def _init_shared_socket(self) -> None:
        """Give granian the socket where it would open one of its own."""
        self.take(socket.socket(fileno=self._descriptor))


class Leaving:
    """The application of a worker: says when it is up and, once `asked`, that it leaves.

    It then closes each connection with its next answer, so that none is left to close at a
    moment when its client is about to ask something more.
    """

    def __init__(self, app: App, started: Callable[[], None]) -> None:
        self._app = app
        self._started = started
        self.asked = False

    async def __call__(self, scope: Message, receive: App, send: App) -> None:
        kind = scope["type"]
        if kind == "http" and scope["http_version"].startswith("1"):

            async def answer(message: Message) -> None:
                if self.asked and message["type"] == "http.response.start":
                    message = {**message, "headers": [*message.get("headers", ()), CLOSE]}
                await send(message)

            await self._app(scope, receive, answer)
        elif kind == "lifespan":

            async def told(message: Message) -> None:
                await send(message)
                if message["type"] == "lifespan.startup.complete":
                    self._started()

            await self._app(scope, receive, told)
        else:
            await self._app(scope, receive, send)


def accept_no_more(listener: int) -> None:
    """Leave new connections on a socket to the other processes that hold it.

    Granian stops accepting only together with closing what it has accepted; a connection that
    came a moment before would be lost with its first request. So the socket is taken from
    whatever this process waits for. Without Linux that moment stays.
    """
    for link in DESCRIPTORS.glob("*"):
        with suppress(OSError):
            if link.readlink().name != "anon_inode:[eventpoll]":
                continue
            waiting = select.epoll.fromfd(os.dup(int(link.name)))
            try:
                waiting.unregister(listener)
            finally:
                waiting.close()
