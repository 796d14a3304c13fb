from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.service import NOON, ORIGIN, OWNER_ADDRESS, RECRUITED, Parts, batch
from vitrine.api.http import LONGEST_BODY
from vitrine.signals import EventsReceived, RuleStopped, StoreFailed

CLICK = {"event_name": "project_click", "event_params": {"project_id": "vision-api"}}
ACCEPTED = {"event_id": None, "result": "accepted", "reason": None}


async def test_one_event_gets_one_receipt_and_a_page() -> None:
    parts = Parts()
    reply = await parts.client.post({**CLICK, "user_pseudo_id": "ann"})
    assert reply.status == 202
    assert reply.headers["content-type"] == "application/json"
    assert reply.json["receipts"] == [ACCEPTED]
    assert reply.json["personalization"]["variant"] == "default"
    assert len(parts.store.events) == 1


async def test_the_answer_carries_the_decision_that_these_events_allow() -> None:
    reply = await Parts().client.post(
        batch(*RECRUITED, visitor="ann"), accept_language="de-CH,en;q=0.5"
    )
    page = reply.json["personalization"]
    assert (page["segment"], page["variant"]) == ("RECRUITER", "personalized")
    german = Parts().rules.rule("RECRUITER", "de").reasoning
    assert page["reasoning"] == german


async def test_receipts_come_in_the_order_of_the_events_with_their_reasons() -> None:
    events = [
        {**CLICK, "event_id": "first"},
        {"event_name": "nothing_of_ours", "event_id": "second"},
        {**CLICK, "event_params": {"project_id": "vision-api", "colour": "red"}},
        {**CLICK, "event_timestamp": NOON / 1000 - 48 * 3_600},
        {**CLICK, "event_id": "first"},
        "no event",
    ]
    reply = await Parts().client.post(batch(*events))
    assert reply.status == 202
    first, second, third, fourth, fifth, sixth = reply.json["receipts"]
    assert first == {**ACCEPTED, "event_id": "first"}
    assert (second["event_id"], second["reason"]) == ("second", "unknown_event")
    assert "11 events" in second["detail"]
    assert third == {**ACCEPTED, "dropped": ["colour"]}
    assert (fourth["result"], fourth["reason"]) == ("rejected", "too_old")
    assert fifth == {"event_id": "first", "result": "duplicate", "reason": None}
    assert (sixth["event_id"], sixth["reason"]) == (None, "malformed")


async def test_a_batch_that_names_several_visitors_gets_no_page() -> None:
    events = [{**CLICK, "user_pseudo_id": who} for who in ("ann", "ben")]
    reply = await Parts().client.post(batch(*events))
    assert reply.status == 202
    assert reply.json["personalization"] is None


async def test_bots_and_owners_get_receipts_and_no_page() -> None:
    for headers, reason in (
        ({"user_agent": "Googlebot/2.1"}, "bot"),
        ({"peer": OWNER_ADDRESS}, "owner"),
    ):
        parts = Parts()
        reply = await parts.client.post(CLICK, **headers)
        assert reply.status == 202
        assert reply.json["receipts"][0]["reason"] == reason
        assert reply.json["personalization"] is None
        assert parts.store.events == []


async def test_a_body_declared_too_large_is_refused_before_it_is_read() -> None:
    reply = await Parts().client.call(
        "POST", "/api/events", chunks=[b"{}"], content_length=str(LONGEST_BODY + 1)
    )
    assert (reply.status, reply.reads) == (413, 0)
    assert str(LONGEST_BODY) in reply.json["detail"]


@pytest.mark.parametrize("length", ["9" * 5_000, "many", "-1", ""])
async def test_a_length_that_is_none_is_refused_before_anything_is_read(length: str) -> None:
    reply = await Parts().client.call("POST", "/api/events", content_length=length)
    assert reply.reads == 0
    assert reply.status == (413 if length.isdigit() else 400)


async def test_a_body_that_grows_too_large_is_refused_as_soon_as_it_is() -> None:
    chunk = b" " * 16_384
    reply = await Parts().client.call("POST", "/api/events", chunks=[chunk] * 50)
    assert (reply.status, reply.reads) == (413, 5)


async def test_a_body_of_exactly_the_limit_is_read() -> None:
    body = json.dumps(CLICK).encode().ljust(LONGEST_BODY)
    chunks = [body[:30_000], body[30_000:]]
    reply = await Parts().client.call("POST", "/api/events", chunks=chunks)
    assert (reply.status, reply.reads) == (202, 2)


async def test_a_client_that_leaves_in_the_middle_stores_nothing() -> None:
    parts = Parts()
    reply = await parts.client.call("POST", "/api/events", chunks=[])
    assert reply.status == 400
    assert parts.heard == []


@pytest.mark.parametrize(
    "media_type", ["text/plain", "text/plain;charset=UTF-8", "Application/JSON; charset=utf-8"]
)
async def test_what_a_beacon_sends_is_taken(media_type: str) -> None:
    reply = await Parts().client.post(CLICK, content_type=media_type)
    assert reply.json["receipts"] == [ACCEPTED]


@pytest.mark.parametrize("media_type", ["application/x-www-form-urlencoded", "text/html", ""])
async def test_another_content_type_is_refused_before_the_body_is_read(media_type: str) -> None:
    reply = await Parts().client.post(CLICK, content_type=media_type)
    assert (reply.status, reply.reads) == (415, 0)


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        (b"", 400, "not valid JSON"),
        (b"{", 400, "not valid JSON"),
        (b"\xff\xfe", 400, "not valid JSON"),
        (b'{"event_id": "\\ud800"}', 400, "not valid JSON"),
        (b"NaN", 400, "not valid JSON"),
        (b"[" * 60_000, 400, "not valid JSON"),
        (b"[]", 422, "must be an event or"),
        (b"null", 422, "must be an event or"),
        (b'"events"', 422, "must be an event or"),
        (b'{"events": {}}', 422, "events: must be a list"),
        (b'{"events": []}', 422, "must be 1 to 100, got 0"),
        (b'{"events": [' + b"1," * 100 + b"1]}", 422, "must be 1 to 100, got 101"),
    ],
)
async def test_a_body_that_is_no_event_is_one_clear_line(
    body: bytes, status: int, said: str
) -> None:
    parts = Parts()
    reply = await parts.client.call("POST", "/api/events", chunks=[body])
    assert reply.status == status
    assert said in reply.json["detail"]
    assert "\n" not in reply.json["detail"]
    assert parts.heard == []


async def test_a_hundred_events_are_the_most_and_are_taken() -> None:
    reply = await Parts().client.post(batch(*[CLICK] * 100))
    assert reply.json["receipts"] == [ACCEPTED] * 100


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
events = st.fixed_dictionaries(
    {},
    optional={
        "event_name": json_values | st.sampled_from(["project_click", "scroll_depth"]),
        "user_pseudo_id": json_values,
        "event_timestamp": json_values,
        "event_id": json_values,
        "event_params": json_values
        | st.dictionaries(st.sampled_from(["project_id", "percent", "x"]), json_values, max_size=3),
    },
)


@given(st.lists(events | json_values, min_size=1, max_size=4))
@settings(max_examples=60, deadline=None)
async def test_whatever_json_comes_every_event_gets_a_receipt(raws: list[Any]) -> None:
    reply = await Parts().client.post({"events": raws})
    assert reply.status == 202
    assert len(reply.json["receipts"]) == len(raws)
    assert {receipt["result"] for receipt in reply.json["receipts"]} <= {"accepted", "rejected"} | {
        "duplicate"
    }


async def test_a_page_of_the_site_may_call_and_read_the_answer() -> None:
    reply = await Parts().client.post(CLICK, origin=ORIGIN)
    assert reply.status == 202
    assert reply.headers["access-control-allow-origin"] == ORIGIN
    assert reply.headers["vary"] == "Origin"


@pytest.mark.parametrize(
    "origin",
    ["https://elsewhere.example", "null", "http://[", "\xff://a", "https://portfolio.example.evil"],
)
async def test_a_page_of_somebody_else_is_refused_unread(origin: str) -> None:
    parts = Parts()
    reply = await parts.client.post(CLICK, origin=origin)
    assert (reply.status, reply.reads) == (403, 0)
    assert "access-control-allow-origin" not in reply.headers
    assert parts.heard == []


async def test_a_page_of_our_own_host_may_call() -> None:
    client = Parts().client
    assert (await client.post(CLICK, origin="https://vitrine.example")).status == 202
    for host in ("", "other.example"):
        refused = await client.post(CLICK, origin="null", host=host)
        assert refused.status == 403


async def test_a_declared_page_may_read_its_errors() -> None:
    reply = await Parts().client.call("POST", "/api/events", chunks=[b"{"], origin=ORIGIN)
    assert (reply.status, reply.headers["access-control-allow-origin"]) == (400, ORIGIN)


async def test_a_browser_that_asks_first_is_answered() -> None:
    reply = await Parts().client.call(
        "OPTIONS",
        "/api/events",
        origin=ORIGIN,
        access_control_request_method="POST",
        access_control_request_headers="content-type",
    )
    assert (reply.status, reply.body) == (204, b"")
    assert reply.headers["access-control-allow-origin"] == ORIGIN
    assert reply.headers["access-control-allow-methods"] == "POST"
    assert reply.headers["access-control-allow-headers"] == "content-type, accept-language"


async def test_a_browser_that_asks_first_for_somebody_else_is_granted_nothing() -> None:
    reply = await Parts().client.call("OPTIONS", "/api/events", origin="https://elsewhere.example")
    assert reply.status == 204
    assert not [name for name in reply.headers if name.startswith("access-control")]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "HEAD"])
async def test_another_method_says_which_is_right(method: str) -> None:
    reply = await Parts().client.call(method, "/api/events")
    assert (reply.status, reply.reads) == (405, 0)
    assert reply.headers["allow"] == "POST, OPTIONS"


async def test_a_store_that_fails_is_503_and_says_when_to_try_again() -> None:
    parts = Parts()
    parts.store.fails = True
    reply = await parts.client.post(CLICK)
    assert reply.status == 503
    assert int(reply.headers["retry-after"]) > 0
    assert "nothing was stored" in reply.json["detail"]
    assert parts.of(StoreFailed) == [StoreFailed("record", "OperationalError")]
    assert parts.of(EventsReceived) == []


async def test_notes_that_fail_are_503_for_who_has_no_id() -> None:
    parts = Parts()
    parts.notes.fails = True
    assert (await parts.client.post(CLICK)).status == 503
    assert (await parts.client.post({**CLICK, "user_pseudo_id": "ann"})).status == 202


async def test_a_page_that_stopped_a_rule_is_counted_under_the_segment_that_is_known() -> None:
    parts = Parts()
    await parts.client.post({**batch(*RECRUITED, visitor="ann"), "layout_shift": 0.0312345})
    assert parts.of(RuleStopped) == [RuleStopped("RECRUITER", 0.0312)]


@pytest.mark.parametrize("claimed", [0, -1, True, "0.5", None, 101, [0.5], 1e308])
async def test_a_claim_that_is_no_layout_shift_is_none(claimed: Any) -> None:
    parts = Parts()
    reply = await parts.client.post({**batch(*RECRUITED, visitor="ann"), "layout_shift": claimed})
    assert reply.status == 202
    assert parts.of(RuleStopped) == []


async def test_a_page_that_stopped_a_rule_is_counted_also_where_it_is_undecided_again() -> None:
    parts = Parts()
    await parts.client.post({**batch(RECRUITED[0], visitor="ann"), "layout_shift": 0.5})
    assert parts.of(RuleStopped) == [RuleStopped(None, 0.5)]


async def test_where_nothing_was_accepted_nobody_stopped_anything() -> None:
    parts = Parts()
    await parts.client.post({"events": [{"event_name": "nonsense"}], "layout_shift": 0.5})
    assert parts.of(RuleStopped) == []
