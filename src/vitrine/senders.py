"""Who sent a request: told from the peer, from trusted proxies, and from what the browser asks."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Any

from vitrine.usecases.identify import Sender

Scope = dict[str, Any]
Headers = dict[bytes, bytes]

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


OPT_OUTS = (b"sec-gpc", b"dnt")
"""Global Privacy Control and Do Not Track: each means it where it is `1`."""


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
        opted_out = any(headers.get(name) == b"1" for name in OPT_OUTS)
        if PROXY_HEADERS.isdisjoint(headers):
            return Sender(address or peer, agent, loopback, opted_out)
        origin = self._forwarded(headers, peer) if trusted else address or peer
        return Sender(origin, agent, opted_out=opted_out)

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
