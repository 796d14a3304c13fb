"""Whether anybody but this machine can reach an API that deletes series."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import ip_address
from urllib.parse import urlsplit

from vitrine.adapters.http_api import ApiError
from vitrine.adapters.prometheus_api import PrometheusApi
from vitrine.operations.doctor.finding import Finding, absent, ok, problem, warning

ELSEWHERE = ("192.0.2.1", "2001:db8::1")
"""Addresses of the documentation's own networks: nothing is sent to them."""
WITHIN_S = 1.0
CLOSE = "let it listen on 127.0.0.1 alone, or keep others out with a firewall"


def look_at_exposure(prometheus: PrometheusApi) -> Iterator[Finding]:
    flags = prometheus.flags()
    if flags.get("web.enable-admin-api") != "true":
        yield absent("admin API", "it is off, so no backup can be made")
        return
    address = urlsplit(prometheus.url)
    host, port = address.hostname or "", address.port or 80
    if not _is_loopback(host):
        yield warning("admin API", f"on, and reached at {host}: who else reaches it?", CLOSE)
        return
    others = own_addresses()
    open_at = [other for other in others if _is_prometheus(other, port)]
    if open_at:
        yield problem("admin API", f"whoever reaches {', '.join(open_at)} may delete series", CLOSE)
    elif others:
        yield ok("admin API", f"on, and not reached at {', '.join(others)}")
    else:
        yield ok("admin API", "on; this machine has no address but loopback")


def own_addresses() -> list[str]:
    """Return this machine's addresses towards the outside, as far as they can be told."""
    found = []
    for there in ELSEWHERE:
        family = socket.AF_INET6 if ":" in there else socket.AF_INET
        with suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((there, 9))  # chooses a way, and sends nothing
            found.append(str(probe.getsockname()[0]))
    return [address for address in found if not ip_address(address).is_loopback]


def _is_prometheus(host: str, port: int) -> bool:
    named = f"[{host}]" if ":" in host else host
    other = PrometheusApi(f"http://{named}:{port}", within_s=WITHIN_S)
    try:
        return bool(other.version())
    except ApiError:
        return False


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
