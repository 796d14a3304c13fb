from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.service import IMPATIENT_S, ORIGIN, RECRUITED, Parts, batch
from vitrine.domain.event import is_visitor_id
from vitrine.signals import DefaultReason, PersonalizationServed


async def test_an_unknown_visitor_gets_the_default_page() -> None:
    parts = Parts()
    reply = await parts.client.ask("nobody")
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/json"
    assert reply.headers["cache-control"] == "private, no-cache"
    rule = parts.rules.rule(None, "en")
    assert reply.json == {
        "segment": None,
        "confidence": 0.0,
        "priority_sections": list(rule.priority_sections),
        "featured_projects": list(rule.featured_projects),
        "highlight_skills": list(rule.highlight_skills),
        "reasoning": rule.reasoning,
        "variant": "default",
        "cache_ttl": 300,
    }


@pytest.mark.parametrize("held_out", [False, True])
async def test_what_was_sent_is_understood_in_the_next_answer(held_out: bool) -> None:
    parts = Parts(held_out=lambda _visitor: held_out)
    await parts.client.post(batch(*RECRUITED, visitor="ann"))
    said = (await parts.client.ask("ann")).json
    assert said["segment"] == "RECRUITER"
    assert said["variant"] == ("holdout" if held_out else "personalized")
    shown = parts.rules.rule(None if held_out else "RECRUITER", "en")
    assert said["priority_sections"] == list(shown.priority_sections)


async def test_who_has_no_id_is_the_visitor_of_the_day() -> None:
    parts = Parts()
    await parts.client.post(batch(*RECRUITED))
    for query in ("", "user_id=", "other=ann"):
        assert (await parts.client.ask(query=query)).json["segment"] == "RECRUITER"
    assert (await parts.client.ask(peer="192.0.2.55")).json["segment"] is None


async def test_an_id_may_be_percent_encoded() -> None:
    parts = Parts()
    await parts.client.post(batch(*RECRUITED, visitor="ann & ben/ü+1"))
    said = await parts.client.ask(quote("ann & ben/ü+1", safe=""))
    assert said.json["segment"] == "RECRUITER"


@pytest.mark.parametrize("user_id", ["a" * 129, "%00", "line%0Abreak"])
async def test_an_id_that_cannot_be_one_is_refused(user_id: str) -> None:
    parts = Parts()
    reply = await parts.client.ask(user_id, origin=ORIGIN)
    assert reply.status == 422
    assert reply.json["detail"] == "user_id: must be a printable text of 1 to 128 characters"
    assert reply.headers["access-control-allow-origin"] == ORIGIN
    assert parts.heard == []


@given(st.text(max_size=140), st.text(max_size=20))
@settings(max_examples=60, deadline=None)
async def test_every_query_gets_an_answer(user_id: str, language: str) -> None:
    encoded = quote(user_id.encode("utf-8", "replace").decode(), safe="")
    tail = quote(language.encode("utf-8", "replace").decode())
    reply = await Parts().client.ask(query=f"language={tail}&user_id={encoded}")
    known = user_id == "" or is_visitor_id(user_id.encode("utf-8", "replace").decode())
    assert reply.status == (200 if known else 422)


@pytest.mark.parametrize(
    ("query", "header", "spoken"),
    [
        ("", "", "en"),
        ("", "de-CH,de;q=0.9,en;q=0.1", "de"),
        ("", "fr,de;q=0.5", "de"),
        ("language=de", "en", "de"),
        ("language=fr", "de", "en"),
        ("language=", "de", "de"),
    ],
)
async def test_the_page_comes_in_the_nearest_language(query: str, header: str, spoken: str) -> None:
    parts = Parts()
    reply = await parts.client.ask(query=query, accept_language=header)
    assert reply.json["reasoning"] == parts.rules.rule(None, spoken).reasoning


async def test_the_languages_of_the_small_site_can_be_told_apart() -> None:
    rules = Parts().rules
    assert rules.rule(None, "de").reasoning != rules.rule(None, "en").reasoning


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [("hangs", DefaultReason.DEADLINE), ("fails", DefaultReason.STORE_FAILED)],
)
@pytest.mark.parametrize("user_id", ["ann", None])
async def test_a_store_in_trouble_is_a_default_page_and_no_error(
    trouble: str, reason: DefaultReason, user_id: str | None
) -> None:
    parts = Parts(deadline_s=IMPATIENT_S)
    parts.store.forgets = True
    setattr(parts.store, trouble, True)
    setattr(parts.notes, trouble, True)
    reply = await parts.client.ask(user_id)
    assert reply.status == 200
    assert reply.json["variant"] == "default"
    assert [signal.reason for signal in parts.of(PersonalizationServed)] == [reason]


async def test_off_is_the_default_page_for_everybody_at_once() -> None:
    parts = Parts()
    await parts.client.post(batch(*RECRUITED, visitor="ann"))
    await parts.switch.turn(on=False)
    assert (await parts.client.ask("ann")).json["variant"] == "default"
    again = await parts.client.post(batch(RECRUITED[0], visitor="ann"))
    assert again.json["personalization"]["variant"] == "default"
    await parts.switch.turn(on=True)
    assert (await parts.client.ask("ann")).json["variant"] == "personalized"


async def test_head_is_answered_without_a_body_and_without_counting() -> None:
    parts = Parts()
    reply = await parts.client.call("HEAD", "/api/personalization", query="user_id=ann")
    assert (reply.status, reply.body) == (200, b"")
    assert reply.headers["cache-control"] == "private, no-cache"
    assert parts.heard == []


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_another_method_says_which_is_right(method: str) -> None:
    reply = await Parts().client.call(method, "/api/personalization")
    assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD, OPTIONS")


async def test_only_declared_pages_may_read_the_answer() -> None:
    client = Parts().client
    declared = await client.ask("ann", origin=ORIGIN)
    assert declared.headers["access-control-allow-origin"] == ORIGIN
    other = await client.ask("ann", origin="https://elsewhere.example")
    assert other.status == 200
    assert "access-control-allow-origin" not in other.headers


async def test_a_browser_that_asks_first_is_answered() -> None:
    reply = await Parts().client.call("OPTIONS", "/api/personalization", origin=ORIGIN)
    assert (reply.status, reply.headers["access-control-allow-methods"]) == (204, "GET")
