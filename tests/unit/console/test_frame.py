"""Headers, files at addresses for good, and how numbers and times are said."""

from __future__ import annotations

import base64
import gzip
import hashlib
import re

import pytest

from tests.console import ConsoleParts
from vitrine.console.frame import words
from vitrine.console.frame.assets import OWN, PLOTLY, Assets, inserted_styles, plotly_path

NOON = 1_700_049_600_000


async def test_every_answer_forbids_what_is_not_the_consoles_own() -> None:
    person = ConsoleParts().person()
    for path in ("/console", "/console/login", "/console/assets/x/y"):
        headers = (await person.get(path)).headers
        policy = dict(
            part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";")
        )
        assert policy["default-src"] == "'none'"
        assert policy["script-src"] == "'self'"
        assert policy["frame-ancestors"] == "'none'"
        assert policy["style-src"].count("'sha256-") == 2
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"


async def test_plotly_inserts_the_two_styles_that_the_policy_lets_pass() -> None:
    script = plotly_path().read_bytes()
    empty, map_style = inserted_styles(script)
    assert empty == b""
    assert map_style.startswith(b".maplibregl-map{")
    assert map_style.endswith(b"}")
    assert b"'" not in map_style
    hashes = [base64.b64encode(hashlib.sha256(s).digest()).decode() for s in (empty, map_style)]
    assert await Assets().style_hashes() == tuple(f"'sha256-{one}'" for one in hashes)


async def test_a_file_is_kept_for_good_under_an_address_that_names_its_content() -> None:
    person = ConsoleParts().person()
    page = await person.get("/console/login")
    addresses = re.findall(r'(?:href|src)="(/console/assets/[^"]+)"', page.text)
    assert {address.rpartition("/")[2] for address in addresses} == {
        "console.css",
        "console.js",
        "icon.svg",
    }
    for address in addresses:
        reply = await person.get(address, accept_encoding="gzip, br")
        assert reply.status == 200
        assert reply.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert gzip.decompress(reply.body) == (OWN / address.rpartition("/")[2]).read_bytes()
        plain = await person.get(address)
        assert "content-encoding" not in plain.headers
        assert plain.body == gzip.decompress(reply.body)


async def test_an_address_of_another_content_is_none() -> None:
    person = ConsoleParts().person()
    for address in ("0" * 16 + "/console.css", "0" * 16 + "/..", "x/nothing.js"):
        assert (await person.get(f"/console/assets/{address}")).status == 404


async def test_plotly_is_sent_from_its_python_package() -> None:
    assets = Assets()
    digest = assets.url(PLOTLY).split("/")[-2]
    found = await assets.find(digest, PLOTLY)
    assert found is not None
    assert found.body.startswith(b"/**\n* plotly.js v")
    assert len(found.zipped) < len(found.body) / 3
    assert found.content_type == "text/javascript; charset=utf-8"


def test_templates_and_styles_load_nothing_from_elsewhere() -> None:
    for path in (*OWN.iterdir(), *OWN.parent.rglob("*.html")):
        text = path.read_text()
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text), path
        assert " style=" not in text, path
        assert "<script>" not in text, path


@pytest.mark.parametrize(
    ("passed", "said"),
    [
        (400, "now"),
        (5_000, "5 s ago"),
        (119_000, "1 min ago"),
        (3 * 60_000, "3 min ago"),
        (3_600_000 * 25, "25 h ago"),
        (3_600_000 * 49, "2 d ago"),
    ],
)
def test_times_are_said_in_their_largest_unit(passed: int, said: str) -> None:
    assert words.ago(NOON - passed, NOON) == said


def test_numbers_are_said_as_people_read_them() -> None:
    assert words.moment(NOON) == "2023-11-15 12:00:00"
    assert words.count(1_234_567) == "1,234,567"
    assert words.share(0.1234, 1) == "12.3 %"
    assert words.count(None) == words.share(None) == "\N{EN DASH}"
