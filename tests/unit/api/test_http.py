from __future__ import annotations

import asyncio
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.api import http
from vitrine.api.http import HttpError, Senders, query_value, read_body

BEHIND = Senders([ip_network("10.0.0.0/8"), ip_network("2001:db8::/32")])
OPEN = Senders([])


def scope(peer: str | None) -> dict[str, Any]:
    return {"client": (peer, 1) if peer else None}


def address(senders: Senders, peer: str, forwarded: str | None = None) -> str:
    headers = {} if forwarded is None else {b"x-forwarded-for": forwarded.encode()}
    return senders.sender(scope(peer), headers).address


def test_without_a_proxy_the_peer_is_the_sender() -> None:
    sender = OPEN.sender(scope("198.51.100.7"), {b"user-agent": b"Browser \xe9"})
    assert sender == ("198.51.100.7", "Browser é", False)


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


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_query_value_is_read_as_it_was_written(value: str) -> None:
    for encoded in (quote(value, safe=""), quote(value, safe="").replace("%20", "+")):
        query = f"before=1&user_id={encoded}&user_id=second&after".encode()
        assert query_value(query, b"user_id") == value
        assert query_value(query, b"id") is None


@given(st.binary())
def test_no_query_breaks_anything(query: bytes) -> None:
    assert isinstance(query_value(query, b""), str | None)
    assert isinstance(query_value(b"user_id=" + query, b"user_id"), str)


async def test_a_body_that_does_not_come_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "SLOWEST_BODY_S", 0.01)

    async def never() -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    with pytest.raises(HttpError) as refusal:
        await read_body(never, {})
    assert refusal.value.status == 408
