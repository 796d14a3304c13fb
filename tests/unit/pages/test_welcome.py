from __future__ import annotations

from tests.pages import PageParts


async def test_where_the_site_is_elsewhere_the_server_says_what_it_is() -> None:
    parts = PageParts(portfolio=False)
    reply = await parts.client.call("GET", "/")
    html = reply.body.decode()
    assert reply.status == 200
    assert parts.site.title in html
    for link in ("/vitrine.js", "/openapi.json", "/visitor"):
        assert f'href="{link}"' in html
        assert (await parts.client.call("GET", link)).status == 200
    assert "Robin" not in html
    assert (await parts.client.call("GET", "/projects/vision-api")).status == 404


async def test_it_says_so_in_the_language_of_the_browser() -> None:
    parts = PageParts(portfolio=False)
    reply = await parts.client.call("GET", "/", accept_language="de-CH,de")
    assert "Dieser Server" in reply.body.decode()
