from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from tests.pages import MODELLED, PageParts
from tests.service import OWNER_ADDRESS, Reply, batch

TOKEN = re.compile(r'data-token="([^"]*)"')


async def page(parts: PageParts, path: str = "/visitor", **options: Any) -> Reply:
    return await parts.client.call("GET", path, **options)


def token_in(reply: Reply) -> str:
    found = TOKEN.search(reply.body.decode())
    assert found is not None
    return found[1]


@pytest.mark.parametrize("path", ["/visitor", "/de/visitor"])
async def test_the_page_brings_a_token_for_who_asks_and_for_nobody_else(path: str) -> None:
    parts = PageParts()
    await parts.client.post(batch(*MODELLED))
    for agent, events in ((None, len(MODELLED)), ("Another/1.0", 0)):
        who = {} if agent is None else {"user_agent": agent}
        bearer = token_in(await page(parts, path, **who))
        record = await parts.client.call("GET", "/api/visitor", authorization=f"Bearer {bearer}")
        assert len(record.json["events"]) == events


async def test_the_page_is_kept_nowhere_and_may_not_be_framed_or_read_by_others() -> None:
    reply = await page(PageParts())
    assert reply.headers["cache-control"] == "private, no-store"
    assert "frame-ancestors 'none'" in reply.headers["content-security-policy"]
    assert reply.headers["cross-origin-resource-policy"] == "same-origin"
    assert "access-control-allow-origin" not in reply.headers
    assert "set-cookie" not in reply.headers


async def test_who_wants_no_profile_is_told_and_may_still_look_and_erase() -> None:
    reply = await page(PageParts(), **{"sec-gpc": "1"})
    assert "Global Privacy Control or Do Not Track" in reply.body.decode()
    assert token_in(reply)


async def test_an_owner_is_told_that_nothing_is_kept() -> None:
    reply = await PageParts().client.call("GET", "/visitor", peer=OWNER_ADDRESS)
    assert token_in(reply) == ""
    assert "visits of the site&#39;s owner" in reply.body.decode()


async def test_a_database_in_trouble_is_said() -> None:
    parts = PageParts()
    parts.notes.fails = True
    reply = await page(parts)
    assert (reply.status, token_in(reply)) == (200, "")
    assert "Nothing can be shown at the moment" in reply.body.decode()


async def test_every_site_has_the_page_under_its_own_title() -> None:
    parts = PageParts(portfolio=False)
    reply = await page(parts)
    assert reply.status == 200
    assert parts.site.title in reply.body.decode()
    assert token_in(reply)


async def test_a_language_that_we_do_not_speak_gets_english() -> None:
    parts = PageParts(portfolio=False)
    parts.site = replace(parts.site, languages=("fr", "de"))
    reply = await page(parts)
    assert '<html lang="en"' in reply.body.decode()
    assert '<html lang="de"' in (await page(parts, "/de/visitor")).body.decode()
