from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.senders import Senders
from vitrine.usecases.identify import Sender

BEHIND = Senders([ip_network("10.0.0.0/8"), ip_network("2001:db8::/32")])
OPEN = Senders([])


def scope(peer: str | None) -> dict[str, Any]:
    return {"client": (peer, 1) if peer else None}


def address(senders: Senders, peer: str, forwarded: str | None = None) -> str:
    headers = {} if forwarded is None else {b"x-forwarded-for": forwarded.encode()}
    return senders.sender(scope(peer), headers).address


def test_without_a_proxy_the_peer_is_the_sender() -> None:
    sender = OPEN.sender(scope("198.51.100.7"), {b"user-agent": b"Browser \xe9"})
    assert sender == Sender("198.51.100.7", "Browser é")


@pytest.mark.parametrize("header", [b"sec-gpc", b"dnt"])
@pytest.mark.parametrize("peer", ["198.51.100.7", "10.0.0.1", "127.0.0.1"])
@pytest.mark.parametrize("forwarded", [{}, {b"x-forwarded-for": b"192.0.2.1"}])
def test_who_asks_for_no_profile_is_heard_wherever_they_come_from(
    header: bytes, peer: str, forwarded: dict[bytes, bytes]
) -> None:
    assert BEHIND.sender(scope(peer), {header: b"1", **forwarded}).opted_out
    for other in (b"0", b"", b"null", b"11"):
        assert not BEHIND.sender(scope(peer), {header: other, **forwarded}).opted_out


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1", None])
def test_a_direct_peer_on_the_machine_is_local(peer: str | None) -> None:
    assert OPEN.sender(scope(peer), {}).local


@pytest.mark.parametrize("peer", ["198.51.100.7", "10.0.0.1", "2001:db8::1", "localhost"])
def test_nobody_else_is_local(peer: str) -> None:
    assert not OPEN.sender(scope(peer), {}).local


@pytest.mark.parametrize("header", [b"x-forwarded-for", b"forwarded"])
@pytest.mark.parametrize("senders", [OPEN, Senders([ip_network("127.0.0.0/8")])])
def test_what_was_forwarded_is_never_local(senders: Senders, header: bytes) -> None:
    assert not senders.sender(scope("127.0.0.1"), {header: b"127.0.0.1"}).local


def test_forwarding_headers_of_strangers_are_not_believed() -> None:
    assert address(OPEN, "198.51.100.7", "192.0.2.1") == "198.51.100.7"
    assert address(BEHIND, "198.51.100.7", "192.0.2.1") == "198.51.100.7"


@pytest.mark.parametrize(
    ("forwarded", "sender"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("203.0.113.66, 192.0.2.1", "192.0.2.1"),
        ("203.0.113.66, 192.0.2.1, 10.9.9.9", "192.0.2.1"),
        ("192.0.2.1,10.1.1.1,2001:db8::5", "192.0.2.1"),
        ("", "10.0.0.1"),
        (" , ,", "10.0.0.1"),
        ("10.1.1.1, 10.2.2.2", "10.0.0.1"),
        ("192.0.2.1, unknown", "10.0.0.1"),
    ],
)
def test_a_trusted_proxy_is_believed_as_far_as_the_first_stranger(
    forwarded: str, sender: str
) -> None:
    assert address(BEHIND, "10.0.0.1", forwarded) == sender


def test_a_trusted_proxy_is_known_inside_ipv6_as_well() -> None:
    assert address(BEHIND, "::ffff:10.0.0.1", "192.0.2.1") == "192.0.2.1"


@given(st.text(st.characters(codec="latin-1")))
def test_no_forwarding_header_breaks_anything(forwarded: str) -> None:
    headers = {b"x-forwarded-for": forwarded.encode("latin-1")}
    sender = BEHIND.sender(scope("10.0.0.1"), headers)
    assert ip_address(sender.address)
    assert not sender.local
