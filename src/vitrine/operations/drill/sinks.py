"""Where a drill's messages arrive: a Slack of our own, a mailbox, a listener for heartbeats."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import default
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, NamedTuple

from vitrine.operations.server import free_port

SLACK, MAIL, HEARTBEAT = "slack", "mail", "heartbeat"
CHANNELS = (SLACK, MAIL)
READY_WITHIN_S = 60.0


class Message(NamedTuple):
    """One message as a person would see it; `at` is in seconds of the monotonic clock."""

    channel: str
    at: float
    title: str
    text: str

    @property
    def alert(self) -> str:
        return self.title.split()[1] if " " in self.title else ""

    @property
    def over(self) -> bool:
        """Whether it says that the alert has ended."""
        return self.title.startswith("[resolved]")


class Sinks:
    """What has arrived so far; `url` takes Slack's messages and heartbeats, `smtp_port` mail."""

    def __init__(self, url: str, smtp_port: int) -> None:
        self.url = url
        self.smtp_port = smtp_port
        self.messages: list[Message] = []
        self.heartbeats: list[float] = []

    def of(self, channel: str, alert: str) -> list[Message]:
        """Return the messages on an alert, in the order in which they came."""
        return [one for one in self.messages if (one.channel, one.alert) == (channel, alert)]

    def posted(self, path: str, body: Any) -> None:
        if path == f"/{HEARTBEAT}":
            self.heartbeats.append(time.monotonic())
            return
        for part in body["attachments"]:
            self.messages.append(Message(SLACK, time.monotonic(), part["title"], part["text"]))

    async def handle_DATA(self, _server: object, _session: object, envelope: Any) -> str:  # noqa: N802
        """Take a mail; the name is `aiosmtpd`'s."""
        mail = message_from_bytes(envelope.content, policy=default)
        body = mail.get_body(("plain",))
        text = body.get_content() if body else ""
        self.messages.append(Message(MAIL, time.monotonic(), str(mail["subject"]), text))
        return "250 OK"


@contextmanager
def sinks() -> Iterator[Sinks]:
    """Give the sinks on free ports of this machine until the block ends."""
    from aiosmtpd.controller import Controller

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            taken.posted(self.path, json.loads(body))
            self.send_response(200)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_args: object) -> None:
            """Say nothing on standard error."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    taken = Sinks(f"http://127.0.0.1:{server.server_address[1]}", free_port())
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    mail = Controller(
        taken, hostname="127.0.0.1", port=taken.smtp_port, ready_timeout=READY_WITHIN_S
    )
    thread.start()
    mail.start()
    try:
        yield taken
    finally:
        mail.stop()
        server.shutdown()
        thread.join()
        server.server_close()
