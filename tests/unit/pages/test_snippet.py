from __future__ import annotations

import base64
import gzip
import hashlib
from pathlib import Path

import pytest

from tests.pages import PageParts
from vitrine.pages.snippet import HEAD_SOURCE, SOURCE

LARGEST_BYTES = 3 * 1024
DOCUMENT = Path(__file__).parents[3] / "docs" / "snippet.md"


async def test_what_is_sent_is_under_three_kilobytes() -> None:
    reply = await PageParts().client.call("GET", "/vitrine.js", accept_encoding="br, gzip")
    assert reply.status == 200
    assert reply.headers["content-encoding"] == "gzip"
    assert len(reply.body) < LARGEST_BYTES
    plain = await PageParts().client.call("GET", "/vitrine.js")
    assert "content-encoding" not in plain.headers
    assert gzip.decompress(reply.body) == plain.body


async def test_it_may_be_kept_a_little_while_and_is_asked_for_by_its_tag() -> None:
    client = PageParts().client
    reply = await client.call("GET", "/vitrine.js")
    assert reply.headers["cache-control"].startswith("public, max-age=300")
    assert reply.headers["vary"] == "Accept-Encoding"
    assert reply.headers["content-type"] == "text/javascript; charset=utf-8"
    again = await client.call("GET", "/vitrine.js", if_none_match=reply.headers["etag"])
    assert (again.status, again.body) == (304, b"")
    other = await client.call("GET", "/vitrine.js", if_none_match='W/"another"')
    assert other.status == 200


async def test_every_origin_may_load_it_and_it_is_the_same_for_every_site() -> None:
    ours = await PageParts().client.call("GET", "/vitrine.js")
    other = await PageParts(portfolio=False).client.call("GET", "/vitrine.js")
    assert ours.body == other.body
    assert ours.headers["access-control-allow-origin"] == "*"
    assert ours.headers["cross-origin-resource-policy"] == "cross-origin"


@pytest.mark.parametrize(
    "never",
    [
        "sendBeacon",
        "cookie",
        "sessionStorage",
        "indexedDB",
        "innerHTML",
        "eval",
        "style.",
        "import(",
    ],
)
def test_what_the_snippet_never_does_is_not_in_it(never: str) -> None:
    for source in (SOURCE, HEAD_SOURCE):
        assert never not in source.read_text()


def test_comments_do_not_travel() -> None:
    assert "docs/snippet.md" in SOURCE.read_text()


def test_the_lines_for_the_head_stand_in_the_document_with_their_hash() -> None:
    inside = f"\n{HEAD_SOURCE.read_text()}"
    document = DOCUMENT.read_text()
    assert f"<script>{inside}</script>" in document
    digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in document


async def test_the_site_says_that_it_honours_global_privacy_control() -> None:
    reply = await PageParts(portfolio=False).client.call("GET", "/.well-known/gpc.json")
    assert reply.headers["content-type"] == "application/json"
    assert reply.json["gpc"] is True
    assert len(reply.json["lastUpdate"]) == len("2026-01-01")
