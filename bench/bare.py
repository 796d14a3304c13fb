"""The bare ASGI callable that answers are compared with: `python -m bench.bare PORT`."""

from __future__ import annotations

import sys

from vitrine.api.http import Receive, Send
from vitrine.operations.server import run
from vitrine.senders import Scope

HEADERS = [(b"content-type", b"application/json")]


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    await send({"type": "http.response.body", "body": b'{"status":"ok"}'})


if __name__ == "__main__":
    run(app, "127.0.0.1", int(sys.argv[1]))
