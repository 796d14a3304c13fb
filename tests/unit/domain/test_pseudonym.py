from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.domain.pseudonym import CHARACTERS, Pseudonyms, truncated

KEY = b"0123456789abcdef"
NAMES = Pseudonyms(KEY, "site")


@given(st.text())
def test_every_claim_gets_one_word_of_the_same_shape(user_id: str) -> None:
    word = NAMES.claimed(user_id)
    assert re.fullmatch(f"[0-9a-f]{{{CHARACTERS}}}", word)
    assert word == Pseudonyms(KEY, "site").claimed(user_id)


def test_a_claim_that_is_no_valid_unicode_still_gets_a_word() -> None:
    assert NAMES.claimed("\ud800") != NAMES.claimed("?")


def test_keys_and_sites_never_share_pseudonyms() -> None:
    words = {
        Pseudonyms(key, site).claimed("somebody")
        for key in (KEY, KEY[::-1])
        for site in ("site", "other")
    }
    assert len(words) == 4


@pytest.mark.parametrize("length", [0, 15, 65])
def test_a_key_that_is_too_short_or_too_long_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="16 to 64 bytes"):
        Pseudonyms(b"k" * length, "site")


@given(st.text(), st.text(), st.binary(max_size=32))
def test_what_a_client_claims_never_names_a_visitor_of_the_day_or_of_a_log(
    address: str, agent: str, salt: bytes
) -> None:
    spoken = f"{address}\0{agent}"
    claims = {NAMES.claimed(spoken), NAMES.claimed(salt.decode("latin-1") + spoken)}
    day = NAMES.of_the_day("192.0.2.1", "agent", salt)
    log = NAMES.in_log("192.0.2.1", "agent")
    assert day != log
    assert not claims & {day, log}


def test_the_same_visitor_is_another_one_after_the_salt_was_thrown_away() -> None:
    today = NAMES.of_the_day("192.0.2.1", "agent", b"salt of today")
    assert today == NAMES.of_the_day("192.0.2.1", "agent", b"salt of today")
    assert today != NAMES.of_the_day("192.0.2.1", "agent", b"salt of tomorrow")


def test_neighbours_with_one_agent_are_one_visitor_of_the_day_but_two_in_a_log() -> None:
    first, second = "192.0.2.1", "192.0.2.254"
    assert NAMES.of_the_day(first, "a", b"s") == NAMES.of_the_day(second, "a", b"s")
    assert NAMES.of_the_day(first, "a", b"s") != NAMES.of_the_day(first, "b", b"s")
    assert NAMES.in_log(first, "a") != NAMES.in_log(second, "a")


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_known_by_its_first_three_parts(address: IPv4Address) -> None:
    short = truncated(str(address))
    assert address in ip_network(f"{short}.0/24")
    assert truncated(f"::ffff:{address}") == short


@given(st.ip_addresses(v=6))
def test_an_ipv6_address_is_known_by_its_first_48_bits(address: IPv6Address) -> None:
    if address.ipv4_mapped is None:
        assert address in ip_network(f"{truncated(str(address))}/48")


@pytest.mark.parametrize("word", ["", "unknown", "192.0.2", "host.example"])
def test_what_is_no_address_stays_as_it_is(word: str) -> None:
    assert truncated(word) == word
