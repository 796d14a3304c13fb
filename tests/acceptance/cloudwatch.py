"""CloudWatch Logs as moto serves it on loopback, behind a door that can be slow or shut."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import httpx
from moto.server import ThreadedMotoServer

from tests.acceptance.prometheus import WITHIN_S
from vitrine.operations.server import free_port

KEY, SECRET = "AKIACANARYCANARYCANA", "canarysecret/canarysecret+canarysecret12"
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": KEY,
    "AWS_SECRET_ACCESS_KEY": SECRET,
    "AWS_DEFAULT_REGION": "eu-central-1",
}
THROTTLED = b'{"__type": "ThrottlingException", "message": "Rate exceeded"}'


class Door:
    """What stands before the real thing: `refuse` so many calls, or let all `hang`."""

    def __init__(self, url: str, behind: str) -> None:
        self.url = url
        self.behind = behind
        self.refuse = 0
        self.hang = threading.Event()
        self.ended = threading.Event()
        self.calls = 0
        self._client = boto3.client("logs", endpoint_url=behind, region_name="eu-central-1")

    def lines(self, group: str, stream: str) -> list[str]:
        """Return what has arrived, in its order."""
        found: list[str] = []
        call: dict[str, Any] = {"logGroupName": group, "logStreamName": stream}
        token = None
        while True:
            more: dict[str, Any] = {"nextToken": token} if token else {}
            try:
                page = self._client.get_log_events(**call, startFromHead=True, limit=10_000, **more)
            except self._client.exceptions.ResourceNotFoundException:
                return []
            found += [event["message"] for event in page["events"]]
            if page["nextForwardToken"] == token:
                return found
            token = page["nextForwardToken"]


@contextmanager
def cloudwatch() -> Iterator[Door]:
    """Serve CloudWatch Logs until the block ends."""
    port = free_port()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    door = Door(f"http://127.0.0.1:{free_port()}", f"http://127.0.0.1:{port}")
    front = ThreadingHTTPServer(("127.0.0.1", int(door.url.rpartition(":")[2])), _handler(door))
    front.daemon_threads = True
    thread = threading.Thread(target=front.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield door
    finally:
        door.ended.set()
        front.shutdown()
        front.server_close()
        thread.join()
        server.stop()


def _handler(door: Door) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            door.calls += 1
            if door.hang.is_set():
                door.ended.wait()
                self.close_connection = True
                return
            if door.refuse:
                door.refuse -= 1
                self.answer(400, THROTTLED)
                return
            kept = {name: value for name, value in self.headers.items() if name != "Host"}
            to = door.behind
            answer = httpx.post(to, content=body, headers=kept, trust_env=False, timeout=WITHIN_S)
            self.answer(answer.status_code, answer.content)

        def answer(self, status: int, content: bytes) -> None:
            self.send_response(status)
            self.send_header("content-type", "application/x-amz-json-1.1")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler
