"""Visitors by keyed pseudonyms: the same person is the same word, and nobody reads who."""

from __future__ import annotations

import re
from hashlib import blake2b
from ipaddress import IPv6Address, ip_address

CHARACTERS = 32
"""Length of a pseudonym: 128 bits in hexadecimal."""
_FORM = re.compile(f"[0-9a-f]{{{CHARACTERS}}}")


class Pseudonyms:
    """Makes pseudonyms with the key of one home (at least 16 bytes, at most 64).

    Each kind of id has a personalization string of its own (RFC 7693, section 2.8 of the
    BLAKE2 paper), so that what a client claims can never name a visitor of the day, nor one
    whose id is signed.
    """

    def __init__(self, key: bytes, site: str) -> None:
        if not 16 <= len(key) <= 64:
            raise ValueError("the key must have 16 to 64 bytes")
        prefix = site.encode() + b"\0"
        self._claimed = blake2b(prefix, digest_size=16, key=key, person=b"claimed")
        self._signed = blake2b(prefix, digest_size=16, key=key, person=b"signed")
        self._day = blake2b(prefix, digest_size=16, key=key, person=b"day")
        self._log = blake2b(prefix, digest_size=16, key=key, person=b"log")

    def claimed(self, user_id: str) -> str:
        """Return the pseudonym of an id that a client claims."""
        digest = self._claimed.copy()
        digest.update(user_id.encode(errors="surrogatepass"))
        return digest.hexdigest()

    def signed(self, user_id: str) -> str:
        """Return the pseudonym of what the signature of an id proved."""
        digest = self._signed.copy()
        digest.update(user_id.encode())
        return digest.hexdigest()

    def of_the_day(self, address: str, agent: str, salt: bytes) -> str:
        """Return the pseudonym of an unnamed visitor for as long as the day's salt lives."""
        digest = self._day.copy()
        digest.update(salt + truncated(address).encode() + b"\0" + agent.encode())
        return digest.hexdigest()

    def in_log(self, address: str, agent: str) -> str:
        """Return the pseudonym of a visitor in an imported access log."""
        digest = self._log.copy()
        digest.update(address.encode() + b"\0" + agent.encode())
        return digest.hexdigest()


class WeekPseudonyms:
    """Makes what stands for visitors in the log, with the key of one week (16 to 64 bytes).

    Once the key is gone, no line leads to a pseudonym and no pseudonym to a line.
    """

    def __init__(self, key: bytes) -> None:
        self._keyed = blake2b(digest_size=16, key=key, person=b"week")

    def of(self, pseudonym: str) -> str:
        """Return what stands in the week's lines for a pseudonym."""
        digest = self._keyed.copy()
        digest.update(pseudonym.encode())
        return digest.hexdigest()


def is_pseudonym(word: str) -> bool:
    """Whether a word has the form of a pseudonym."""
    return _FORM.fullmatch(word) is not None


def network_of(address: str) -> str:
    """Return the network of an address, as words that are no address of anybody."""
    return truncated(address).rstrip(":")


def truncated(address: str) -> str:
    """Return an address without its last part: /24 of IPv4, /48 of IPv6, else as it is."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return truncated(str(parsed.ipv4_mapped))
        return str(IPv6Address(int(parsed) >> 80 << 80))
    return address.rpartition(".")[0]
