from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from vitrine.domain.access_log import Entry, parse_line

COMMON = '192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET /a/b?c=d&e HTTP/1.1" 200 203023'
COMBINED = COMMON + ' "https://example.com/x" "Mozilla/5.0 (X11)"'
AT = 1_431_857_103_000


def read(line: bytes | str) -> Entry:
    entry = parse_line(line)
    assert entry is not None
    return entry


def with_request(request: str) -> Entry:
    return read(f'192.0.2.7 - - [17/May/2015:10:05:03 +0000] "{request}" 400 - "-" "-"')


def with_time(time: str) -> Entry | None:
    return parse_line(f'192.0.2.7 - - [{time}] "GET / HTTP/1.1" 200 1')


def test_a_combined_line_gives_all_its_fields() -> None:
    assert read(COMBINED) == Entry(
        "192.0.2.7",
        AT,
        "GET",
        "/a/b",
        "c=d&e",
        200,
        203023,
        "https://example.com/x",
        "Mozilla/5.0 (X11)",
    )


def test_a_common_line_knows_no_referrer_and_no_agent() -> None:
    entry = read(COMMON)
    assert (entry.path, entry.referrer, entry.agent) == ("/a/b", None, None)


@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_bytes_and_text_read_the_same_whatever_ends_the_line(end: str) -> None:
    assert read((COMBINED + end).encode()) == read(COMBINED + end) == read(COMBINED)


def test_fields_that_a_server_appends_are_passed_over() -> None:
    assert read(COMBINED + ' 0.004 "upstream \\"a\\"" -') == read(COMBINED)
    assert read(COMMON + " 0.004") == read(COMMON)


def test_dashes_are_empty_fields() -> None:
    line = '192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" - - "-" "-"'
    entry = read(line)
    assert (entry.status, entry.size, entry.referrer, entry.agent) == (0, 0, "", "")


def test_escaped_quotes_stay_inside_their_field() -> None:
    entry = read(COMMON + r' "-" "say \"hi\" \\ \x41"')
    assert entry.agent == r'say "hi" \ \x41'


def test_addresses_may_be_of_ipv6_or_names() -> None:
    assert read(COMBINED.replace("192.0.2.7", "2001:db8::1")).address == "2001:db8::1"
    assert read(COMBINED.replace("192.0.2.7", "host.example")).address == "host.example"


def test_a_logged_in_user_changes_nothing() -> None:
    assert read(COMBINED.replace("- -", "- frank")) == read(COMBINED)


@pytest.mark.parametrize("request_line", ["-", "", r"\x16\x03\x01\x02", "get / HTTP/1.1", "GET"])
def test_a_request_that_is_no_http_has_no_method_and_no_path(request_line: str) -> None:
    entry = with_request(request_line)
    assert (entry.method, entry.path, entry.query) == ("", "", "")


@pytest.mark.parametrize(
    ("request_line", "method", "path"),
    [
        ("GET /x HTTP/2.0", "GET", "/x"),
        ("GET /x HTTP/2", "GET", "/x"),
        ("HEAD /x HTTP/1.0", "HEAD", "/x"),
        ("GET /x", "GET", "/x"),
        ("GET /a b c HTTP/1.1", "GET", "/a b c"),
        ("OPTIONS * HTTP/1.0", "OPTIONS", "*"),
        ("GET /caf\u00e9 HTTP/1.1", "GET", "/caf\u00e9"),
    ],
)
def test_requests_of_every_protocol_are_read(request_line: str, method: str, path: str) -> None:
    entry = with_request(request_line)
    assert (entry.method, entry.path) == (method, path)


@pytest.mark.parametrize(
    ("time", "at_ms"),
    [
        ("17/May/2015:12:05:03 +0200", AT),
        ("17/May/2015:04:35:03 -0530", AT),
        ("29/Feb/2016:00:00:00 +0000", 1_456_704_000_000),
        ("31/Dec/2016:23:59:60 +0000", 1_483_228_800_000),
    ],
)
def test_times_are_utc_whatever_their_offset(time: str, at_ms: int) -> None:
    entry = with_time(time)
    assert entry is not None
    assert entry.at_ms == at_ms


@pytest.mark.parametrize(
    "time",
    [
        "29/Feb/2015:00:00:00 +0000",
        "17/Foo/2015:10:05:03 +0000",
        "17/May/2015:24:05:03 +0000",
        "17/May/2015:10:60:03 +0000",
        "17/May/2015:10:05:61 +0000",
        "17/May/2015:10:05:03 +9900",
        "17/May/0015:10:05:03 +0000",
        "17/May/2015:10:05:03",
    ],
)
def test_a_time_that_never_was_makes_a_line_malformed(time: str) -> None:
    assert with_time(time) is None


@pytest.mark.parametrize(
    "line",
    [
        "",
        "\n",
        "hello",
        COMBINED[:-1],
        COMBINED[:-10],
        COMMON[:40],
        COMMON + ' "-" "unclosed (compatible; \n',
        '{"json": "line"}',
        "\x00\x01\x02",
    ],
)
def test_what_is_in_neither_format_is_malformed(line: str) -> None:
    assert parse_line(line) is None


def test_bytes_that_are_no_utf8_and_lone_surrogates_are_replaced() -> None:
    in_bytes = read(COMBINED.encode().replace(b"X11", b"\xff\xfe"))
    in_text = read(COMBINED.replace("X11", "\ud800"))
    assert (in_bytes.agent or "").encode()
    assert (in_text.agent or "").encode()


@given(st.binary() | st.text())
@example(b'"' * 5_000)
@example((COMMON + ' "' + "\\" * 5_000).encode())
def test_nothing_makes_the_parser_raise(line: bytes | str) -> None:
    entry = parse_line(line)
    assert entry is None or isinstance(entry.at_ms, int)


@given(
    st.integers(0, len(COMBINED) - 1),
    st.binary(max_size=6),
)
def test_a_damaged_line_is_read_or_malformed_but_never_raises(cut: int, noise: bytes) -> None:
    line = COMBINED.encode()
    entry = parse_line(line[:cut] + noise + line[cut + len(noise) :])
    assert entry is None or entry.address.encode()


@given(
    agent=st.text(st.characters(codec="utf-8", exclude_characters="\r\n"), min_size=1),
    size=st.integers(0, 10**12),
)
def test_what_a_server_escapes_comes_back(agent: str, size: int) -> None:
    escaped = agent.replace("\\", "\\\\").replace('"', '\\"')
    start = '::1 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200'
    entry = read(f'{start} {size} "-" "{escaped}"'.encode())
    assert entry.size == size
    assert entry.agent == ("" if agent == "-" else agent)
