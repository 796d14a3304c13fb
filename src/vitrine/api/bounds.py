"""What holds for every answer and every body, whichever route it belongs to."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from fastapi import HTTPException

from vitrine.api.http import (
    LONGEST_LENGTH,
    SLOWEST_BODY_S,
    AsgiApp,
    HttpError,
    Receive,
    Send,
    answer_error,
)
from vitrine.senders import Scope

SMALL_BODY = 4 * 1024
"""Bytes; a setting, an id or a switch needs a hundred."""
LONGEST_FORM = 64 * 1024
FORMS = "/console"
HTTPS_ONLY = (b"strict-transport-security", b"max-age=31536000")
SECURITY_HEADERS = (
    # JSON and files are no pages: nothing in them may run, and nobody frames them. Pages say
    # themselves what they need.
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"referrer-policy", b"strict-origin-when-cross-origin"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
)

Header = tuple[bytes, bytes]


def with_security_headers(send: Send, *, https: bool) -> Send:
    """Return a `send` that adds what an answer does not say of itself."""
    ours = (*SECURITY_HEADERS, HTTPS_ONLY) if https else SECURITY_HEADERS

    async def sending(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": _completed(message["headers"], ours)}
        await send(message)

    return sending


def _completed(said: Iterable[Header], ours: Iterable[Header]) -> list[Header]:
    headers = list(said)
    names = {name for name, _ in headers}
    return [*headers, *(header for header in ours if header[0] not in names)]


class BoundedBodies:
    """Passes requests on whose bodies are short and come in time; others get 413 and 408.

    What is declared too long is refused before it is read.
    """

    def __init__(self, app: AsgiApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = LONGEST_FORM if scope["path"].startswith(FORMS) else SMALL_BODY
        refusal = _refusal(dict(scope["headers"]).get(b"content-length"), most)
        if refusal is not None:
            await answer_error(send, refusal)
            return
        await self._app(scope, _Body(receive, most).receive, send)


class _Body:
    """A body as it comes, within its bounds."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive = receive
        self._most = most
        self._size = 0
        self._ends = 0.0
        self._whole = False

    async def receive(self) -> dict[str, Any]:
        if self._whole:  # what comes now is that the client left, and may take as long as it likes
            return await self._receive()
        self._ends = self._ends or asyncio.get_running_loop().time() + SLOWEST_BODY_S
        try:
            async with asyncio.timeout_at(self._ends):
                message = await self._receive()
        except TimeoutError:
            raise HTTPException(408, f"the body took more than {SLOWEST_BODY_S:g} s") from None
        self._size += len(message.get("body", b""))
        self._whole = not message.get("more_body")
        if self._size > self._most:
            raise HTTPException(413, _too_large(self._most))
        return message


def _refusal(declared: bytes | None, most: int) -> HttpError | None:
    if declared is None:
        return None
    if not declared.isdigit():
        return HttpError(400, "content-length: must be a number of bytes")
    if len(declared) > LONGEST_LENGTH or int(declared) > most:
        return HttpError(413, _too_large(most))
    return None


def _too_large(most: int) -> str:
    return f"body: larger than {most} bytes"
