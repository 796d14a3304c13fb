"""A mail server on this machine, and what it has taken."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller

from vitrine.operations.server import free_port

STARTS_WITHIN_S = 60.0


class Mailbox:
    """Takes every mail; `port` is where its server listens."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        return "250 OK"


@contextmanager
def mail_server(host: str = "127.0.0.1") -> Iterator[Mailbox]:
    """Give the mailbox of a server that listens until the block ends."""
    mailbox = Mailbox(free_port())
    server = Controller(mailbox, hostname=host, port=mailbox.port, ready_timeout=STARTS_WITHIN_S)
    server.start()
    try:
        yield mailbox
    finally:
        server.stop()
