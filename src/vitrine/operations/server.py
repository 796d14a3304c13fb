"""Runs an ASGI application on granian, in this process, until a signal asks it to stop."""

from __future__ import annotations

import asyncio
import signal
import socket

import uvloop
from granian.constants import Interfaces
from granian.server.embed import Server


class AddressInUseError(Exception):
    """Somebody else listens there; the message says what to do."""


def claim(host: str, port: int) -> None:
    """Raise `AddressInUseError` where host and port cannot be listened on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as problem:
            reason = (problem.strerror or str(problem)).lower()
            raise AddressInUseError(
                f"cannot listen on {host}:{port}: {reason}; choose another with --host or --port"
            ) from None


def run(app: object, host: str, port: int) -> None:
    """Serve until SIGTERM or SIGINT: then accept no more, finish what runs, and return."""
    uvloop.run(_serve(app, host, port))


async def _serve(app: object, host: str, port: int) -> None:
    server = Server(app, address=host, port=port, interface=Interfaces.ASGI, log_enabled=False)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    await server.serve()
