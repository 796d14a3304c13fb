from __future__ import annotations

import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.service import ORIGIN, RECRUITED, TOKEN, Parts, batch

EVERY_OUTCOME = [
    {"event_name": "download_resume", "event_id": "one", "event_params": {"colour": "red"}},
    {"event_name": "download_resume", "event_id": "one"},
    {"event_name": "nothing_of_ours"},
    {"event_name": "project_click"},
    {"event_name": "download_resume", "event_timestamp": 1},
    {"event_name": "download_resume", "event_timestamp": 9_000_000_000},
    {"event_name": "download_resume", "event_id": ""},
    {"event_name": "download_resume", "user_pseudo_id": "the-owner"},
    None,
]


async def document(parts: Parts) -> dict[str, Any]:
    reply = await parts.client.call("GET", "/openapi.json")
    found: dict[str, Any] = reply.json
    return found


def schema_of(found: dict[str, Any], path: str, method: str, status: int) -> Draft202012Validator:
    answers = found["paths"][path][method]["responses"]
    schema = answers[str(status)]["content"]["application/json"]["schema"]
    return Draft202012Validator({**schema, "components": found["components"]})


async def test_the_visitors_routes_are_in_the_document_with_all_others() -> None:
    found = await document(Parts())
    assert {"/api/events", "/api/personalization", "/health", "/ready"} <= set(found["paths"])
    assert list(found["paths"]["/api/events"]) == ["post"]
    assert list(found["paths"]["/api/personalization"]) == ["get"]


async def test_every_reference_leads_somewhere_and_every_schema_is_one() -> None:
    parts = Parts()
    found = await document(parts)
    schemas = found["components"]["schemas"]
    named = set(re.findall(r"'#/components/schemas/(\w+)'", repr(found)))
    assert named <= set(schemas)
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
    assert await document(parts) == found


async def test_answers_to_events_are_as_documented() -> None:
    parts = Parts()
    found = await document(parts)
    for content in (
        batch(*RECRUITED, visitor="ann"),
        batch(*EVERY_OUTCOME),
        RECRUITED[0],
        batch(*({**RECRUITED[0], "user_pseudo_id": who} for who in ("ann", "ben"))),
    ):
        reply = await parts.client.post(content)
        schema_of(found, "/api/events", "post", reply.status).validate(reply.json)
    bot = await parts.client.post(RECRUITED[0], user_agent="Googlebot/2.1")
    schema_of(found, "/api/events", "post", 202).validate(bot.json)


async def test_every_outcome_really_is_one() -> None:
    reply = await Parts().client.post(batch(*EVERY_OUTCOME))
    reasons = {receipt["reason"] for receipt in reply.json["receipts"]}
    assert reasons == {
        None,
        "malformed",
        "unknown_event",
        "bad_parameter",
        "too_old",
        "too_far_in_the_future",
        "owner",
    }


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"chunks": [b"{"]}, 400),
        ({"origin": "https://elsewhere.example"}, 403),
        ({"content_length": "65537"}, 413),
        ({"content_type": "text/html"}, 415),
        ({"chunks": [b"[]"]}, 422),
        ({"chunks": [b'{"event_name": "download_resume"}']}, 503),
    ],
)
async def test_refusals_are_as_documented(options: dict[str, Any], status: int) -> None:
    parts = Parts()
    parts.store.fails = True
    reply = await parts.client.call("POST", "/api/events", **options)
    assert reply.status == status
    schema_of(await document(parts), "/api/events", "post", status).validate(reply.json)


@pytest.mark.parametrize(
    ("method", "path", "options", "status"),
    [
        ("GET", "/api/admin/summary", {"authorization": "Bearer wrong"}, 401),
        ("PUT", "/api/admin/switch", {"chunks": [b"\xff"]}, 400),
        ("PUT", "/api/admin/log-level", {"chunks": [b"{}"]}, 422),
        ("GET", "/api/admin/preview", {"query": "segment=nobody"}, 404),
        ("GET", "/api/admin/visitor", {"query": "user_id=nobody"}, 404),
        ("GET", "/api/visitor", {}, 401),
        ("POST", "/api/visitor/token", {"chunks": [b"[]"]}, 422),
        ("GET", "/metrics", {"authorization": "Bearer wrong"}, 401),
        ("GET", "/ready", {}, 503),
    ],
)
async def test_what_the_other_routes_refuse_is_as_documented(
    method: str, path: str, options: dict[str, Any], status: int
) -> None:
    parts = Parts(problem="the database does not answer")
    sent = {"authorization": f"Bearer {TOKEN}", "content_type": "application/json", **options}
    reply = await parts.client.call(method, path, **sent)
    assert reply.status == status
    schema_of(await document(parts), path, method.lower(), status).validate(reply.json)


@pytest.mark.parametrize("path", ["/api/admin/summary", "/metrics", "/api/visitor"])
async def test_who_sends_too_much_is_told_so_as_documented(path: str) -> None:
    parts = Parts(wrong_tokens=0.5, per_asker=0.5)
    reply = await parts.client.call("GET", path, authorization="Bearer wrong")
    assert reply.status == 429
    schema_of(await document(parts), path, "get", 429).validate(reply.json)


async def test_personalizations_are_as_documented() -> None:
    parts = Parts()
    found = await document(parts)
    await parts.client.post(batch(*RECRUITED, visitor="ann"))
    for who in ("ann", "nobody", "x" * 129):
        reply = await parts.client.ask(who, origin=ORIGIN)
        schema_of(found, "/api/personalization", "get", reply.status).validate(reply.json)


async def test_a_wrong_answer_would_be_noticed() -> None:
    schema = schema_of(await document(Parts()), "/api/personalization", "get", 200)
    right = (await Parts().client.ask("ann")).json
    for wrong in (
        {**right, "segment": "PIRATE"},
        {**right, "variant": "other"},
        {name: value for name, value in right.items() if name != "reasoning"},
    ):
        assert not schema.is_valid(wrong)


async def test_every_route_that_takes_a_body_says_that_it_may_be_unreadable_late_or_too_long() -> (
    None
):
    found = await document(Parts())
    silent = {
        f"{method} {path}": missing
        for path, methods in found["paths"].items()
        for method, route in methods.items()
        if "requestBody" in route and (missing := {"400", "408", "413"} - route["responses"].keys())
    }
    assert silent == {}
