from __future__ import annotations

import string

from hypothesis import given
from hypothesis import strategies as st

from vitrine.telemetry.request_id import current, request_id, trace_id

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"
HEX = set(string.hexdigits.lower())


def hexadecimal(digits: int) -> st.SearchStrategy[str]:
    zeros = st.just("0" * digits)
    return zeros | st.text("0123456789abcdef", min_size=digits, max_size=digits)


def test_the_trace_of_a_valid_traceparent_is_the_id() -> None:
    sent = f"00-{TRACE}-{PARENT}-01".encode()

    assert request_id([(b"host", b"here"), (b"traceparent", sent)]) == TRACE


def test_a_later_version_may_append_fields_and_version_00_may_not() -> None:
    assert trace_id(f"cc-{TRACE}-{PARENT}-01-more".encode()) == TRACE
    assert trace_id(f"00-{TRACE}-{PARENT}-01-more".encode()) is None
    assert trace_id(f"cc-{TRACE}-{PARENT}-01more".encode()) is None


def test_an_invalid_traceparent_is_replaced_by_a_fresh_id() -> None:
    for sent in (b"", b"00", f"00-{TRACE.upper()}-{PARENT}-01".encode(), b"\xff" * 55):
        made = request_id([(b"traceparent", sent)])
        assert len(made) == 32
        assert set(made) <= HEX
        assert made != TRACE


@given(
    version=hexadecimal(2) | st.just("ff"),
    trace=hexadecimal(32),
    parent=hexadecimal(16),
    flags=hexadecimal(2),
)
def test_version_ff_and_ids_of_zeros_are_invalid_and_all_else_is_valid(
    version: str, trace: str, parent: str, flags: str
) -> None:
    valid = version != "ff" and int(trace, 16) != 0 and int(parent, 16) != 0

    found = trace_id(f"{version}-{trace}-{parent}-{flags}".encode())

    assert found == (trace if valid else None)


@given(st.binary(max_size=80))
def test_whatever_is_sent_the_id_is_32_hexadecimal_digits(sent: bytes) -> None:
    made = request_id([(b"traceparent", sent)])

    assert len(made) == 32
    assert set(made) <= HEX


def test_fresh_ids_differ() -> None:
    assert len({request_id([]) for _ in range(10_000)}) == 10_000


def test_outside_of_requests_there_is_no_id() -> None:
    assert current() is None
