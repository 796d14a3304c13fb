"""What can be learned about another visitor: nothing."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.service import OWNER_ID, RECRUITED, Parts, Reply, batch
from vitrine.usecases.proof import account_id

SITE_KEY = b"a key of the site's own server."
STRANGER = "203.0.113.77"
STAMPS = {"x-request-id", "date"}


async def signed_id(parts: Parts) -> str:
    return str((await parts.client.call("POST", "/api/visitor/id")).json["id"])


async def token_of(parts: Parts, claimed: str | None, **options: Any) -> Reply:
    body = json.dumps({} if claimed is None else {"id": claimed}).encode()
    return await parts.client.call("POST", "/api/visitor/token", chunks=[body], **options)


async def seen_by_its_owner(parts: Parts, signed: str) -> Any:
    bearer = (await token_of(parts, signed)).json["token"]
    authorization = f"Bearer {bearer}"
    return (await parts.client.call("GET", "/api/visitor", authorization=authorization)).json


def near(signed: str, pseudonym: str) -> list[str]:
    """Return what somebody may claim who knows something of a signed id, but not all of it."""
    name, _, signature = signed.rpartition(".")
    return [
        name,
        f"{name}.",
        f"{name}.{signature[:-1]}",
        f"{name}.{signature[::-1]}",
        f"{signed} ",
        signed.upper(),
        pseudonym,
    ]


async def an_account(_parts: Parts) -> str:
    return account_id("ada", SITE_KEY)


@pytest.mark.parametrize("given", [signed_id, an_account])
async def test_a_claimed_id_neither_reads_nor_writes_a_signed_profile(
    given: Callable[[Parts], Awaitable[str]],
) -> None:
    parts = Parts(account_keys=(SITE_KEY,))
    signed = await given(parts)
    await parts.client.post(batch(*RECRUITED, visitor=signed))
    before = await seen_by_its_owner(parts, signed)
    assert len(before["events"]) == len(RECRUITED)
    unknown = await parts.client.ask("nobody-at-all")
    for claim in near(signed, before["visitor"]):
        asked = await parts.client.ask(claim.replace(" ", "%20"), peer=STRANGER)
        assert asked.body == unknown.body, claim
        await parts.client.post(batch(*RECRUITED, visitor=claim), peer=STRANGER)
        refused = await token_of(parts, claim, peer=STRANGER)
        assert (refused.status, "token" in refused.json) == (403, False), claim
    assert await seen_by_its_owner(parts, signed) == before


async def test_the_owner_of_a_signed_id_sees_nothing_of_who_claimed_its_parts() -> None:
    parts = Parts()
    mine, yours = await signed_id(parts), await signed_id(parts)
    await parts.client.post(batch(*RECRUITED, visitor=yours))
    assert (await seen_by_its_owner(parts, mine))["events"] == []
    bearer = (await token_of(parts, mine)).json["token"]
    await parts.client.call("DELETE", "/api/visitor", authorization=f"Bearer {bearer}")
    assert len((await seen_by_its_owner(parts, yours))["events"]) == len(RECRUITED)


async def test_where_unsigned_ids_are_refused_a_claim_is_told_so_and_nothing_is_kept() -> None:
    parts = Parts(account_keys=(SITE_KEY,), claims=False)
    reply = await parts.client.post(batch(*RECRUITED, visitor="ada"))
    assert {one["reason"] for one in reply.json["receipts"]} == {"malformed"}
    assert "signed" in reply.json["receipts"][0]["detail"]
    assert (await parts.client.ask("ada")).json["variant"] == "default"
    assert await parts.store.visits_since(0, None) == []


async def test_where_unsigned_ids_are_refused_accounts_and_visitors_of_the_day_are_known() -> None:
    parts = Parts(account_keys=(SITE_KEY,), claims=False)
    for who in (account_id("ada", SITE_KEY), await signed_id(parts), None):
        reply = await parts.client.post(batch(*RECRUITED, visitor=who))
        assert reply.json["personalization"]["segment"] == "RECRUITER", who


async def test_the_owners_account_is_left_out_like_the_owners_id() -> None:
    parts = Parts(account_keys=(SITE_KEY,))
    reply = await parts.client.post(batch(*RECRUITED, visitor=account_id(OWNER_ID, SITE_KEY)))
    assert {one["reason"] for one in reply.json["receipts"]} == {"owner"}


def shape(reply: Reply) -> Any:
    """Return what somebody can compare who may not read the values."""
    headers = {name: value for name, value in reply.headers.items() if name not in STAMPS}
    return reply.status, headers, form_of(reply.json)


def form_of(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: form_of(one) for name, one in value.items()}
    return "list" if isinstance(value, list) else "value"


async def test_the_shape_of_an_answer_does_not_tell_whether_an_id_is_known() -> None:
    parts = Parts()
    await parts.client.post(batch(*RECRUITED, visitor="known"))
    for ask in (parts.client.ask, lambda who: token_of(parts, who)):
        known, unknown = await ask("known"), await ask("unknown")
        assert shape(known) == shape(unknown)
    known, unknown = [
        await parts.client.post({"event_name": "download_resume", "user_pseudo_id": who})
        for who in ("known", "unknown")
    ]
    assert shape(known) == shape(unknown)


async def test_a_token_is_refused_in_the_same_words_for_every_claimed_id() -> None:
    parts = Parts()
    await parts.client.post(batch(*RECRUITED, visitor="known"))
    assert (await token_of(parts, "known")).body == (await token_of(parts, "unknown")).body


async def test_what_is_refused_says_nothing_of_who_is_known() -> None:
    parts = Parts()
    await parts.client.post(batch(*RECRUITED, visitor="known"))
    for method in ("GET", "DELETE"):
        replies = [
            await parts.client.call(method, "/api/admin/visitor", query=f"user_id={who}")
            for who in ("known", "unknown")
        ]
        assert [reply.status for reply in replies] == [401, 401]
        assert replies[0].body == replies[1].body


@pytest.mark.parametrize("path", ["/api/personalization", "/api/visitor"])
async def test_visitors_of_the_day_of_two_networks_are_two(path: str) -> None:
    parts = Parts()
    await parts.client.post(batch(*RECRUITED))
    options: dict[str, Any] = {"peer": STRANGER}
    if path == "/api/visitor":
        options["authorization"] = (
            f"Bearer {(await token_of(parts, None, **options)).json['token']}"
        )
    reply = await parts.client.call("GET", path, **options)
    assert reply.status == 200
    said = reply.json.get("now", reply.json)
    assert said is None or said["segment"] is None
