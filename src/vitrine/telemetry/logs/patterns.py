"""What secrets, addresses and e-mails look like in text.

Each expression takes time linear in the text: visitors choose some of the words.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from ipaddress import IPv6Address

SECRET, ADDRESS, EMAIL = "[secret]", "[ip]", "[email]"
OWN_ADDRESSES = frozenset({"127.0.0.1", "0.0.0.0", "::1", "::"})  # noqa: S104 - kept, not bound
"""Addresses that are nobody's."""

WORDS = (
    *(b"key", b"token", b"secret", b"pass", b"pwd", b"auth", b"bearer", b"cookie"),
    *(b"credential", b"signature", b"session", b"sk-", b"aiza", b"slack", b"%40"),
)
"""Lower case; text without any of them, nor an @, holds no secret that a pattern would find."""

_NAME = (
    r"(?:token|secret|passw(?:or)?d|passphrase|pwd|authorization|credentials?|cookie|signature"
    r"|session[_-]?id|(?:(?<=[?&])|(?<=api)|(?<=api[_-])|(?<=access)|(?<=access[_-])|(?<=private)"
    r"|(?<=private[_-])|(?<=secret[_-])|(?<=signing[_-])|(?<=auth[_-]))key)"
)
SECRET_FIELD = re.compile(
    r"(?:token|secret|passw(?:or)?d|passphrase|pwd|authorization|credentials?|cookie|signature"
    r"|session[_-]?id|(?:api|access|secret|private|auth|signing)[_-]?key)$",
    re.IGNORECASE,
)
"""Finds the names of fields whose values are secrets, whatever they look like."""

_SPACE = r"(?:\s|%20|\+){0,4}"
_BETWEEN = rf"(?:[\"']\s{{0,4}},\s{{0,4}}b?(?=[\"'])|\\?[\"']?{_SPACE}(?:=|:|%3d){_SPACE}b?\\?)"
_QUOTED = r"\"(?:[^\"\\]|\\.){0,512}+\"|'(?:[^'\\]|\\.){0,512}+'"
_BARE = rf"[\"']?(?:(?:bearer|basic|digest){_SPACE})?(?!\[secret\])[^\s\"'&,;)}}\]]+"
_ASSIGNED = re.compile(rf"({_NAME}{_BETWEEN})(?:{_QUOTED}|{_BARE})", re.IGNORECASE | re.DOTALL)
_HEADER = re.compile(
    r"((?<![a-z])(?:(?:proxy-)?authorization|(?:set-)?cookie):\s{0,4})[^\r\n\"']+", re.IGNORECASE
)
_BEARER = re.compile(r"(bearer(?:\s|%20|\+){1,4})[\w.~+/=-]{6,}", re.IGNORECASE)
_KNOWN = re.compile(r"(?<![a-z0-9])()(?:sk-[\w-]{8,}|AIza[\w-]{8,})", re.IGNORECASE)
_SLACK = re.compile(r"(hooks\.slack\.com/)(?!\[)[^\s\"'<>]+", re.IGNORECASE)
_SECRETS = (_HEADER, _ASSIGNED, _BEARER, _KNOWN, _SLACK)

_USER_INFO = re.compile(r"(?<=://)[^/\s?#\"'<>]+@")
_DELIMITER = r"\s@\"'`<>()\[\]{},;:\\/=?&|"
_EMAIL = re.compile(
    rf"(?:(?<=%40)|(?<![^{_DELIMITER}]))(?:[^{_DELIMITER}%]|%(?!40))++(?:@|%40)"
    r"(?:[\w-]+(?:\.[\w-]+)*|\[[^\]\s]{0,64}\])"
)
_IPV4 = re.compile(r"(?<![0-9])[0-9]+(?:\.[0-9]+){3,}")
_IPV6 = re.compile(
    r"(?<![^\W_])(?:[0-9a-f]{0,4}:){2,7}(?:[0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9a-f]{0,4})(?![^\W_])",
    re.IGNORECASE,
)
DOTTED = re.compile(rb"[0-9]\.[0-9]+\.[0-9]+\.[0-9]")
COLONS = re.compile(rb":[0-9a-fA-F]{0,4}:")


def without_secrets(text: str) -> tuple[str, int]:
    """Return the text without what looks like a secret, and how many were taken out."""
    found = 0
    for pattern in _SECRETS:
        text, times = pattern.subn(rf"\1{SECRET}", text)
        found += times
    return text, found


def without_people(text: str) -> tuple[str, int]:
    """Return the text without addresses, e-mails and user information of URLs."""
    found = 0
    if "@" in text or "%40" in text:
        text, users = _USER_INFO.subn(f"{SECRET}@", text)
        text, emails = _EMAIL.subn(EMAIL, text)
        found += users + emails
    for pattern, is_address in ((_IPV6, _is_ipv6), (_IPV4, _is_foreign)):
        text, times = _addresses(pattern, is_address, text)
        found += times
    return text, found


def _addresses(
    pattern: re.Pattern[str], is_address: Callable[[str], bool], text: str
) -> tuple[str, int]:
    found = 0

    def replaced(match: re.Match[str]) -> str:
        nonlocal found
        if not is_address(match[0]):
            return match[0]
        found += 1
        return ADDRESS

    return pattern.sub(replaced, text), found


def _is_foreign(candidate: str) -> bool:
    return candidate not in OWN_ADDRESSES


def _is_ipv6(candidate: str) -> bool:
    """Whether it is an address of somebody; times of day look similar."""
    try:
        IPv6Address(candidate)
    except ValueError:
        return False
    return candidate not in OWN_ADDRESSES
