"""The id of a request: its caller's trace where one was sent, else 128 random bits."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextvars import ContextVar
from random import Random

# W3C Trace Context, section 3.2: version, trace id, parent id and flags in lower-case hex;
# later versions may append fields, version ff and ids of zeros alone are invalid.
_TRACEPARENT = re.compile(
    rb"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(-.*)?",
    re.DOTALL,
)

# Ids are to be unique, not secret, so no request asks the system for one.
_random_bits = Random().getrandbits


class Trace(str):
    """An id that is its caller's trace, and not made up here."""

    __slots__ = ()


CURRENT: ContextVar[str | None] = ContextVar("request_id", default=None)


def current() -> str | None:
    """Return the id of the request that the caller works for; `None` outside of requests."""
    return CURRENT.get()


def request_id(headers: Iterable[tuple[bytes, bytes]]) -> str:
    """Return the trace id of a valid `traceparent`, else a fresh id: 32 hexadecimal digits."""
    for name, value in headers:
        if name == b"traceparent":
            return trace_id(value) or _fresh()
    return _fresh()


def trace_id(traceparent: bytes) -> Trace | None:
    """Return the trace id that a `traceparent` header carries; `None` where it is invalid."""
    found = _TRACEPARENT.fullmatch(traceparent)
    if found is None or (found[1] == b"00" and found[3] is not None):
        return None
    return Trace(found[2].decode("ascii"))


def _fresh() -> str:
    return f"{_random_bits(128) or 1:032x}"
