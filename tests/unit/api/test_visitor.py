"""`/api/visitor`: who may see, erase and switch off what is kept of a visitor."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.service import ORIGIN, OWNER_ADDRESS, PERSON, RECRUITED, Parts, Reply, batch
from vitrine.domain.limit import LimitName
from vitrine.signals import DefaultReason, LimitReached, PersonalizationServed, StoreFailed
from vitrine.usecases.opt_out import NOTE
from vitrine.usecases.ports import StoreUnavailableError
from vitrine.usecases.proof import TOKEN_LASTS_MS

METHODS = ("GET", "DELETE", "PUT")


async def call(
    parts: Parts, method: str, path: str = "", body: Any = None, **options: Any
) -> Reply:
    content = b"" if body is None else json.dumps(body).encode()
    return await parts.client.call(method, f"/api/visitor{path}", chunks=[content], **options)


async def token(parts: Parts, body: Any = None, **options: Any) -> str:
    reply = await call(parts, "POST", "/token", body, **options)
    assert reply.status == 200, reply.body
    return str(reply.json["token"])


async def by(parts: Parts, bearer: str, method: str, body: Any = None, **options: Any) -> Reply:
    return await call(parts, method, "", body, authorization=f"Bearer {bearer}", **options)


async def test_the_visitor_of_the_day_gets_a_token_and_sees_what_is_kept() -> None:
    parts = Parts()
    await parts.client.post(batch(*RECRUITED))
    reply = await call(parts, "POST", "/token")
    assert reply.json["expires_in"] == 600
    assert reply.headers["cache-control"] == "no-store"
    seen = await by(parts, reply.json["token"], "GET")
    assert (seen.status, seen.headers["cache-control"]) == (200, "no-store")
    assert seen.json["now"]["segment"] == "RECRUITER"
    assert len(seen.json["events"]) == len(RECRUITED)


async def test_the_language_is_asked_for_or_that_of_the_browser() -> None:
    parts = Parts()
    await parts.client.post(batch(*RECRUITED))
    bearer = await token(parts)
    asked = await by(parts, bearer, "GET", query="language=de", accept_language="en")
    spoken = await by(parts, bearer, "GET", accept_language="de-AT")
    assert asked.json == spoken.json
    assert asked.json["events"][0]["what"] == "hat einen Abschnitt angesehen"


async def test_another_network_and_another_browser_are_somebody_else() -> None:
    parts = Parts()
    await parts.client.post(batch(*RECRUITED))
    for other in ({"peer": "192.0.2.55"}, {"user_agent": "Another/1.0"}):
        found = await by(parts, await token(parts, **other), "GET")
        assert found.json["events"] == []


async def test_an_id_that_is_only_claimed_proves_nothing() -> None:
    parts = Parts()
    await parts.client.post(batch(*RECRUITED, visitor="ann"))
    for claimed in ("ann", "v1-ann", "v1-ann.x", parts.pseudonym("ann")):
        reply = await call(parts, "POST", "/token", {"id": claimed})
        assert (reply.status, "proves nothing" in reply.json["detail"]) == (403, True)


async def test_a_signed_id_is_a_profile_that_no_claim_can_reach() -> None:
    parts = Parts()
    issued = await call(parts, "POST", "/id")
    assert issued.status == 201
    own = issued.json["id"]
    await parts.client.post(batch(*RECRUITED, visitor=own))
    assert (await parts.client.ask(own)).json["segment"] == "RECRUITER"
    seen = await by(parts, await token(parts, {"id": own}), "GET")
    assert seen.json["now"]["segment"] == "RECRUITER"
    value = own.partition(".")[0]
    for guess in (value, f"{value}.", own[:-1], f"{own}x"):
        assert (await parts.client.ask(guess)).json["segment"] is None


async def test_what_is_erased_is_gone_and_others_stay() -> None:
    parts = Parts()
    await parts.client.post(batch(*RECRUITED))
    await parts.client.post(batch(*RECRUITED, visitor="ben"))
    bearer = await token(parts)
    erased = await by(parts, bearer, "DELETE")
    assert erased.json == {"erased": {"visits": 1, "events": len(RECRUITED)}}
    assert (await by(parts, bearer, "GET")).json["events"] == []
    assert (await parts.client.ask()).json["segment"] is None
    assert (await parts.client.ask("ben")).json["segment"] == "RECRUITER"


async def test_off_means_that_nothing_is_read_or_written_until_it_is_on_again() -> None:
    parts = Parts()
    await parts.client.post(batch(*RECRUITED))
    bearer = await token(parts)
    assert (await by(parts, bearer, "PUT", {"off": True})).json == {"off": True}
    refused = await parts.client.post(batch(RECRUITED[0]))
    assert refused.json["receipts"][0]["reason"] == "opted_out"
    assert refused.json["personalization"] is None
    assert (await parts.client.ask()).json["variant"] == "default"
    assert parts.of(PersonalizationServed)[-1].reason is DefaultReason.OPTED_OUT
    seen = await by(parts, bearer, "GET")
    assert (seen.json["off"], len(seen.json["events"])) == (True, len(RECRUITED))
    await by(parts, await token(parts), "PUT", {"off": False})
    assert (await parts.client.ask()).json["segment"] == "RECRUITER"


async def test_erasing_does_not_switch_it_on_again() -> None:
    parts = Parts()
    bearer = await token(parts)
    await by(parts, bearer, "PUT", {"off": True})
    await by(parts, bearer, "DELETE")
    assert (await by(parts, bearer, "GET")).json["off"] is True


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"authorization": "Bearer"},
        {"authorization": "Bearer wrong"},
        {"authorization": "Basic wrong"},
        {"authorization": "Bearer \xe9\xff"},
        {"query": "token=wrong"},
    ],
)
async def test_without_a_token_nothing_is_told(method: str, sent: dict[str, str]) -> None:
    reply = await call(Parts(), method, "", {"off": True}, **sent)
    assert (reply.status, reply.headers["www-authenticate"]) == (401, "Bearer")


async def test_a_token_counts_in_its_header_alone_and_for_ten_minutes() -> None:
    parts = Parts()
    bearer = await token(parts)
    assert (await call(parts, "GET", query=f"token={bearer}")).status == 401
    assert (await call(parts, "GET", cookie=f"token={bearer}")).status == 401
    parts.now += TOKEN_LASTS_MS
    assert (await by(parts, bearer, "GET")).status == 401


@pytest.mark.parametrize("path", ["/id", "/token"])
async def test_pages_of_other_origins_get_nothing(path: str) -> None:
    parts = Parts()
    assert (await call(parts, "POST", path, origin="https://elsewhere.example")).status == 403
    declared = await call(parts, "POST", path, origin=ORIGIN)
    assert declared.status < 300
    assert declared.headers["access-control-allow-origin"] == ORIGIN


@pytest.mark.parametrize("header", ["sec-gpc", "dnt"])
async def test_who_wants_no_profile_gets_no_id_but_may_still_look_and_erase(header: str) -> None:
    parts = Parts()
    await parts.client.post(batch(*RECRUITED))
    wish = {header: "1"}
    assert (await call(parts, "POST", "/id", **wish)).status == 403
    bearer = await token(parts, **wish)
    assert len((await by(parts, bearer, "GET", **wish)).json["events"]) == len(RECRUITED)
    assert (await by(parts, bearer, "DELETE", **wish)).status == 200


@pytest.mark.parametrize("header", ["sec-gpc", "dnt"])
async def test_who_wants_no_profile_gets_none_and_is_not_read(header: str) -> None:
    parts = Parts()
    await parts.client.post(batch(*RECRUITED, visitor="ann"))
    before = len(parts.store.events)
    taken = await parts.client.post(batch(*RECRUITED, visitor="ann"), **{header: "1"})
    assert {receipt["reason"] for receipt in taken.json["receipts"]} == {"opted_out"}
    assert len(parts.store.events) == before
    for claimed in ("ann", None):
        assert (await parts.client.ask(claimed, **{header: "1"})).json["variant"] == "default"
        assert parts.of(PersonalizationServed)[-1].reason is DefaultReason.OPTED_OUT
    assert (await parts.client.ask("ann", **{header: "0"})).json["segment"] == "RECRUITER"


async def test_an_owner_has_no_profile_to_ask_about() -> None:
    assert (await call(Parts(), "POST", "/token", peer=OWNER_ADDRESS)).status == 403


async def test_a_network_that_asks_too_often_is_told_to_wait() -> None:
    parts = Parts(per_asker=5)
    bearer = await token(parts)
    for _ in range(4):
        assert (await by(parts, bearer, "GET")).status == 200
    for method, path in (("GET", ""), ("POST", "/token"), ("POST", "/id")):
        reply = await call(parts, method, path, authorization=f"Bearer {bearer}")
        assert (reply.status, reply.headers["retry-after"]) == (429, "60")
    assert parts.of(LimitReached) == [LimitReached(LimitName.NETWORK_QUESTIONS, 1)] * 3
    assert (await by(parts, bearer, "GET", peer="192.0.2.7")).status == 200
    here = {"peer": "127.0.0.1", "host": "localhost"}
    for _ in range(6):
        assert (await by(parts, bearer, "GET", **here)).status == 200


async def test_a_token_that_is_used_too_often_has_to_wait_wherever_it_is_used() -> None:
    parts = Parts(per_token=3)
    bearer, other = await token(parts), await token(parts, peer="192.0.2.55")
    for number in range(3):
        assert (await by(parts, bearer, "GET", peer=f"203.0.{number}.7")).status == 200
    reply = await by(parts, bearer, "GET", peer="203.0.113.7")
    assert (reply.status, reply.headers["retry-after"]) == (429, "60")
    assert parts.of(LimitReached) == [LimitReached(LimitName.TOKEN_REQUESTS, 1)]
    spelled_otherwise = f"{bearer[:-1]}!!!!{bearer[-1]}"
    assert (await by(parts, spelled_otherwise, "GET", peer="203.0.113.7")).status == 429
    assert (await by(parts, other, "GET", peer="203.0.113.7")).status == 200
    assert (await by(parts, bearer, "GET", peer="127.0.0.1", host="localhost")).status == 200
    parts.now += 20_000
    assert (await by(parts, bearer, "GET", peer="203.0.113.7")).status == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 400), (b"[]", 422), (b"{}", 422), (b'{"off": 1}', 422), (b"x" * 70_000, 413)],
)
async def test_a_body_that_says_nothing_useful_is_refused(body: bytes, status: int) -> None:
    parts = Parts()
    bearer = await token(parts)
    reply = await parts.client.call(
        "PUT", "/api/visitor", chunks=[body], authorization=f"Bearer {bearer}"
    )
    assert reply.status == status


@given(st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=200), max_size=3))
@settings(max_examples=40, deadline=None)
async def test_no_question_for_a_token_breaks_anything(body: dict[str, Any]) -> None:
    reply = await call(Parts(), "POST", "/token", {"id": "ann", **body})
    assert reply.status in (403, 422)


async def test_a_database_in_trouble_is_said_and_nothing_is_promised(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parts = Parts()
    bearer = await token(parts)

    async def fail(*_args: object) -> Any:
        raise StoreUnavailableError("traces_remain")

    monkeypatch.setattr(parts.store, "forget", fail)
    monkeypatch.setattr(parts.store, "history", fail)
    monkeypatch.setattr(parts.notes, "swap", fail)
    for method, body in (("GET", None), ("DELETE", None), ("PUT", {"off": True})):
        reply = await by(parts, bearer, method, body)
        assert (reply.status, reply.headers["retry-after"]) == (503, "2")
    assert parts.of(StoreFailed) == [
        StoreFailed("history", "traces_remain"),
        StoreFailed("forget", "traces_remain"),
        StoreFailed("opt_out", "traces_remain"),
    ]
    assert await parts.notes.get(NOTE) is None


async def test_words_of_visitors_are_handed_back_as_data() -> None:
    parts = Parts()
    hostile = '<img src=x onerror="alert(1)">'
    event = {
        "event_name": "external_link_click",
        "event_params": {"url": f"https://evil.example/{hostile}"},
    }
    await parts.client.post(event)
    seen = await by(parts, await token(parts), "GET")
    assert seen.headers["content-type"] == "application/json"
    assert hostile not in seen.body.decode()
    assert seen.json["events"][0]["about"] == "evil.example"


def test_the_person_of_the_tests_is_not_on_the_machine_itself() -> None:
    assert not PERSON.local, "else no limit would bind"
