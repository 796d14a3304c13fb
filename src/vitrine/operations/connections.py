"""How long the server waits for a client, and how much it reads before it knows who asks."""

from __future__ import annotations

import socket
from typing import Any

from granian._granian import SocketHolder
from granian.constants import HTTPModes
from granian.http import HTTP1Settings
from granian.server.embed import Server

HEAD_WITHIN_MS = 10_000
"""Idle connections end by it, too; who asks again opens another."""
LONGEST_HEAD = 32 * 1024
"""Bytes of a request line and its headers; browsers send a tenth of it."""
TAKEN_WITHIN_MS = 15_000
"""Milliseconds in which a client has to take something of what waits for it."""


def bounds() -> dict[str, Any]:
    """Return the options of granian that end slow and half-open connections.

    HTTP/2 is left out: it would need bounds of its own, and to find out which of the two a
    client speaks, granian waits for its first bytes without an end. Proxies and Prometheus
    speak HTTP/1.1.
    """
    settings = HTTP1Settings(header_read_timeout=HEAD_WITHIN_MS, max_buffer_size=LONGEST_HEAD)
    return {"http": HTTPModes.http1, "http1_settings": settings}


def drop_who_takes_nothing(listener: socket.socket) -> None:
    """Have the system end connections whose clients read nothing, or are gone.

    Each connection that is accepted has the option of its listener (tcp(7), TCP_USER_TIMEOUT).
    Systems that lack it wait as long as they do by themselves.
    """
    option = getattr(socket, "TCP_USER_TIMEOUT", None)
    if option is not None:
        listener.setsockopt(socket.IPPROTO_TCP, option, TAKEN_WITHIN_MS)


class BoundedServer(Server):
    """Granian's embedded server, within the bounds above."""

    def __init__(self, app: Any, **options: Any) -> None:
        super().__init__(app, **bounds(), **options)

    def _init_shared_socket(self) -> None:
        """Open the socket here: granian has no setting for its options (granian 2.8)."""
        family = socket.AF_INET6 if ":" in self.bind_addr else socket.AF_INET
        listener = socket.create_server(
            (self.bind_addr, self.bind_port), family=family, backlog=self.backlog
        )
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.take(listener)

    def take(self, listener: socket.socket) -> None:
        """Have granian accept on a socket that listens; it is granian's from now on."""
        drop_who_takes_nothing(listener)
        taken = SocketHolder(listener.detach(), False, self.backlog)  # type: ignore[call-arg]
        self._shd = taken  # type: ignore[assignment]
