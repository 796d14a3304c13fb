from __future__ import annotations

import re
from pathlib import Path

from tests.pages import PageParts
from vitrine.pages.assets import STATIC, Assets


async def test_a_page_loads_its_files_from_addresses_that_never_change() -> None:
    client = PageParts().client
    page = (await client.call("GET", "/")).body.decode()
    addresses = re.findall(r'(?:href|src)="(/assets/[^"]+)"', page)
    assert len(addresses) == 3
    for address in addresses:
        reply = await client.call("GET", address, accept_encoding="gzip")
        assert reply.status == 200
        assert reply.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert reply.headers["x-content-type-options"] == "nosniff"
        again = await client.call("GET", address, if_none_match=reply.headers["etag"])
        assert again.status == 304


async def test_a_file_that_is_not_there_is_a_404() -> None:
    for name in ("site.css", "site.000000000000.css", "..%2F..%2Fsecret", "nothing"):
        assert (await PageParts().client.call("GET", f"/assets/{name}")).status == 404


def test_a_changed_file_is_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("a {}")
    before = Assets(tmp_path).address("a.css")
    (tmp_path / "a.css").write_text("b {}")
    assert Assets(tmp_path).address("a.css") != before


def test_nothing_is_loaded_from_elsewhere() -> None:
    for path in STATIC.iterdir():
        text = path.read_text().replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|@import|url\(", text), path.name


async def test_a_browser_that_is_shown_json_finds_an_icon_as_well() -> None:
    reply = await PageParts(portfolio=False).client.call("GET", "/favicon.ico")
    assert reply.headers["content-type"] == "image/svg+xml"
    assert reply.body.startswith(b"<svg")
