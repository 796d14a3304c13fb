"""Plain ASGI for the two routes that visitors wait for: requests read, answers sent."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any
from urllib.parse import unquote_plus

import orjson

from vitrine.domain.site import Site
from vitrine.usecases.identify import Sender

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]
Headers = dict[bytes, bytes]

LONGEST_BODY = 64 * 1024
LONGEST_LENGTH = 20
"""Digits of a content length that are worth reading: 64 bits."""
SLOWEST_BODY_S = 10.0
PROXY_HEADERS = frozenset(
    {
        b"x-forwarded-for",
        b"forwarded",
        b"x-real-ip",
        b"via",
        b"x-forwarded-host",
        b"x-forwarded-proto",
        b"cf-connecting-ip",
        b"true-client-ip",
    }
)
"""Whoever sends one of these speaks for somebody else, also from the machine itself."""
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


class Senders:
    """Tells who sent a request; forwarding headers count only from trusted proxies."""

    def __init__(self, trusted: Collection[IPv4Network | IPv6Network]) -> None:
        self._trusted = trusted
        self._kind = lru_cache(4_096)(self._classify)

    def sender(self, scope: Scope, headers: Headers) -> Sender:
        client = scope.get("client")
        peer = client[0] if client else "127.0.0.1"  # a Unix socket has no address
        agent = headers.get(b"user-agent", b"").decode("latin-1")
        address, loopback, trusted = self._kind(peer)
        if PROXY_HEADERS.isdisjoint(headers):
            return Sender(address or peer, agent, loopback)
        return Sender(self._forwarded(headers, peer) if trusted else address or peer, agent)

    def _forwarded(self, headers: Headers, peer: str) -> str:
        hops = headers.get(b"x-forwarded-for", b"").decode("latin-1").split(",")
        for hop in reversed(hops):
            address = hop.strip()
            if address:
                canonical, _, trusted = self._kind(address)
                if not trusted:
                    return canonical or peer
        return peer

    def _classify(self, address: str) -> tuple[str, bool, bool]:
        """Return the address in one spelling, and whether it is the machine's or a proxy's.

        What is no address has an empty spelling; a proxy counts where it is trusted.
        """
        try:
            parsed = ip_address(address)
        except ValueError:
            return "", False, False
        # A socket for both families names peers of IPv4 inside IPv6.
        parsed = getattr(parsed, "ipv4_mapped", None) or parsed
        trusted = any(parsed in network for network in self._trusted)
        return str(parsed), parsed.is_loopback, trusted


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
            (b"access-control-allow-headers", b"content-type"),
            (b"access-control-max-age", b"86400"),
        )
        granted = [*allowed, *grants] if allowed else []
        await send({"type": "http.response.start", "status": 204, "headers": granted})
        await send({"type": "http.response.body", "body": b""})
