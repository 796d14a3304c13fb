"""Plain ASGI for the two routes that visitors wait for: requests read, answers sent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import unquote_plus

import orjson

from vitrine.domain.site import Site
from vitrine.senders import Headers, Scope

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

LONGEST_BODY = 64 * 1024
LONGEST_LENGTH = 20
"""Digits of a content length that are worth reading: 64 bits."""
SLOWEST_BODY_S = 10.0
JSON_TYPE = (b"content-type", b"application/json")


class HttpError(Exception):
    """An answer other than the hoped-for one: `detail` is one line for a person."""

    def __init__(self, status: int, detail: str, *headers: tuple[bytes, bytes]) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = headers


async def read_body(receive: Receive, headers: Headers) -> bytes:
    """Return the body; raises `HttpError` 413 before reading what is declared too large."""
    declared = headers.get(b"content-length", b"0")
    if not declared.isdigit():
        raise HttpError(400, "content-length: must be a number of bytes")
    if len(declared) > LONGEST_LENGTH or int(declared) > LONGEST_BODY:
        raise _too_large()
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(SLOWEST_BODY_S):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise HttpError(400, "the body ended early")
                chunk = message.get("body", b"")
                size += len(chunk)
                if size > LONGEST_BODY:
                    raise _too_large()
                chunks.append(chunk)
                if not message.get("more_body"):
                    return b"".join(chunks)
    except TimeoutError:
        raise HttpError(408, f"the body took more than {SLOWEST_BODY_S:g} s") from None


def _too_large() -> HttpError:
    return HttpError(413, f"body: larger than {LONGEST_BODY} bytes; send smaller batches")


async def answer(
    send: Send, status: int, body: bytes, headers: Sequence[tuple[bytes, bytes]] = ()
) -> None:
    """Send a whole answer in JSON."""
    await send({"type": "http.response.start", "status": status, "headers": [JSON_TYPE, *headers]})
    await send({"type": "http.response.body", "body": body})


async def answer_error(
    send: Send, error: HttpError, headers: Sequence[tuple[bytes, bytes]] = ()
) -> None:
    body = orjson.dumps({"detail": error.detail})
    await answer(send, error.status, body, (*error.headers, *headers))


def query_value(query: bytes, name: bytes) -> str | None:
    """Return the first value of a parameter, decoded; `None` where it is missing."""
    for part in query.split(b"&"):
        key, _, value = part.partition(b"=")
        if key == name:
            text = value.decode("utf-8", "replace")
            return unquote_plus(text) if b"%" in value or b"+" in value else text
    return None


class Cors:
    """Which pages may call: those of the site's declared origins and of our own host."""

    def __init__(self, site: Site) -> None:
        self._origins = frozenset(origin.encode() for origin in site.origins)

    def allows(self, headers: Headers) -> bool:
        """Whether the request comes from no page, from our own, or from a declared one."""
        origin = headers.get(b"origin")
        if origin is None or origin in self._origins:
            return True
        host = origin.partition(b"://")[2]
        return bool(host) and host == headers.get(b"host")

    def headers(self, headers: Headers) -> tuple[tuple[bytes, bytes], ...]:
        """Return what lets a declared page read the answer."""
        origin = headers.get(b"origin")
        if origin is None or origin not in self._origins:
            return ()
        return ((b"access-control-allow-origin", origin), (b"vary", b"Origin"))

    async def preflight(self, headers: Headers, send: Send, methods: bytes) -> None:
        """Answer the question that a browser asks before it calls."""
        allowed = self.headers(headers)
        grants = (
            (b"access-control-allow-methods", methods),
            (b"access-control-allow-headers", b"content-type, accept-language"),
            (b"access-control-max-age", b"86400"),
        )
        granted = [*allowed, *grants] if allowed else []
        await send({"type": "http.response.start", "status": 204, "headers": granted})
        await send({"type": "http.response.body", "body": b""})
