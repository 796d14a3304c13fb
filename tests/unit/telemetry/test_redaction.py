from __future__ import annotations

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.telemetry.logs.line import dumps
from vitrine.telemetry.logs.redaction import Redactor

HIDDEN = 'a home\'s key with "quotes", ümlaut & blanks'
EMAIL, IPV4, IPV6 = "ada.lovelace@mail.example", "198.51.100.77", "2001:db8:0:7::4d"
TEXT = st.text(st.characters(exclude_categories=["Cs"]))
DELIMITER = st.sampled_from([*" \t\n\"'()[]<>,;=/?&", "\\"])


def redactor() -> Redactor:
    made = Redactor()
    made.hide(HIDDEN)
    return made


def cleaned(value: Any) -> Any:
    return orjson.loads(redactor().clean(dumps(value)))


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (f"from {IPV4}.", "from [ip]."),
        (f"peer=('{IPV4}', 5000)", "peer=('[ip]', 5000)"),
        (f"http://{IPV4}:80/x", "http://[ip]:80/x"),
        (f"http://[{IPV6}]:80/x", "http://[[ip]]:80/x"),
        ("fe80::1%eth0", "[ip]%eth0"),
        ("to ::ffff:198.51.100.77 now", "to [ip] now"),
        ("2001:db8:1:2:3:4:5:6", "[ip]"),
        (f"mail {EMAIL}, please", "mail [email], please"),
        ("/?mail=ada%40mail.example&x=1", "/?mail=[email]&x=1"),
        ("ada@[198.51.100.77]", "[email]"),
        ("?to=%40ada@mail.example", "?to=%40[email]"),
    ],
)
def test_addresses_and_mail_go(said: str, shown: str) -> None:
    assert cleaned({"said": said}) == {"said": shown}


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("GET /v1?key=abc123&x=1", "GET /v1?key=[secret]&x=1"),
        ("api_key=abc123", "api_key=[secret]"),
        ("X-Api-Key: abc123", "X-Api-Key: [secret]"),
        ("ACCESS_TOKEN=abc123;next", "ACCESS_TOKEN=[secret];next"),
        ("{'password': 'two words', 'a': 1}", "{'password': [secret], 'a': 1}"),
        ('{"secret":"a\\"b","c":1}', '{"secret":[secret],"c":1}'),
        ("(b'authorization', b'Bearer abc123')", "(b'authorization', b[secret])"),
        ("Authorization: Basic abc123==", "Authorization: [secret]"),
        ("Cookie: a=b1; c=d1", "Cookie: [secret]"),
        ("it sent Bearer abc123-def", "it sent Bearer [secret]"),
        ("sent bearer%20abc123-def on", "sent bearer%20[secret] on"),
        ("key is sk-abcdefgh12345", "key is [secret]"),
        ("AIzaSyabcdefgh_12345 was refused", "[secret] was refused"),
        ("https://hooks.slack.com/services/T0/B0/xyz", "https://hooks.slack.com/[secret]"),
        ("postgresql://ada:pw12@db:5432/v", "postgresql://[secret]@db:5432/v"),
        ("redis://:pw12@cache/0", "redis://[secret]@cache/0"),
        ("token%3Dabc123 was sent", "token%3D[secret] was sent"),
    ],
)
def test_secrets_go(said: str, shown: str) -> None:
    assert cleaned({"said": said}) == {"said": shown}


@pytest.mark.parametrize(
    "said",
    [
        "0f" * 16,
        "10:30:45",
        "2026-11-22T10:30:45.123Z",
        'File "site-packages/granian/asgi.py", line 12, in run',
        "vitrine.telemetry.logs.redaction",
        "Segmentation completed for user",
        "version 0.1.0 of 3.11.7",
        "listening at http://127.0.0.1:8000 and [::1]:8000",
        "std::deque and tests/test_a.py::test_b",
        "a task-force-of-eight, monkey=banana",
        "SELECT visits.visitor FROM visits WHERE visits.visitor = ?",
        "@property",
        "KeyError: 'section'",
        "key_pattern of tokens: 512",
    ],
)
def test_what_says_nothing_of_anybody_stays(said: str) -> None:
    made = redactor()
    body = dumps({"said": said, "confidence": 0.92, "duration_ms": 1.5, "share": 0.1})
    assert made.clean(body) == body
    assert made.count == 0


@pytest.mark.parametrize(
    "name", ["password", "API_KEY", "gemini_api_key", "Authorization", "session_id", "cookie"]
)
def test_a_field_with_the_name_of_a_secret_is_hidden_whatever_it_holds(name: str) -> None:
    assert cleaned({name: "abc", "deep": [{name: 12}, [name, ["x"]]]}) == {
        name: "[secret]",
        "deep": [{name: "[secret]"}, [name, "[secret]"]],
    }


def test_names_of_fields_are_searched_too() -> None:
    assert cleaned({EMAIL: {IPV4: 1}}) == {"[email]": {"[ip]": 1}}


@pytest.mark.parametrize(
    "form",
    [
        HIDDEN,
        repr(HIDDEN),
        dumps(HIDDEN).decode(),
        "a%20home%27s%20key%20with%20%22quotes%22%2C%20%C3%BCmlaut%20%26%20blanks",
    ],
)
def test_a_secret_that_was_named_goes_in_every_form(form: str) -> None:
    shown = cleaned({"said": f"x{form}y"})["said"]
    assert "[secret]" in shown
    assert "blanks" not in shown


def test_a_value_too_short_to_be_told_from_words_is_not_hidden() -> None:
    made = Redactor()
    made.hide("on")
    made.hide("")
    body = dumps({"said": "one on one"})
    assert made.clean(body) is body


def test_each_value_is_counted() -> None:
    made = redactor()
    made.clean(dumps({"a": f"{IPV4} {EMAIL} {HIDDEN} token=abc", "password": "x"}))
    assert made.count == 5


@given(
    TEXT,
    DELIMITER,
    st.sampled_from([EMAIL, IPV4, IPV6, HIDDEN, "token=canary1", "Bearer canary1"]),
    DELIMITER,
    TEXT,
)
def test_nothing_around_it_brings_a_canary_through(
    before: str, opening: str, canary: str, closing: str, after: str
) -> None:
    made = redactor()
    body = made.clean(dumps({"said": f"{before}{opening}{canary}{closing}{after}", "n": 1}))
    assert b"\n" not in body
    assert made.count > 0
    shown = orjson.loads(body)
    assert shown["n"] == 1
    for word in (EMAIL, IPV4, IPV6, HIDDEN, "canary1"):
        assert word not in shown["said"]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
)


@given(VALUES)
def test_whatever_is_said_becomes_one_line_of_json(said: Any) -> None:
    body = redactor().clean(dumps({"said": said}))
    assert b"\n" not in body
    assert list(orjson.loads(body)) == ["said"]
