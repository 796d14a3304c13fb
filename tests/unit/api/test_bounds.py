"""What every answer says to browsers, and how long a body may be."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from tests.console import ConsoleParts
from tests.service import ORIGIN, TOKEN, Parts
from tests.whole import WholeParts
from vitrine.api import bounds
from vitrine.api.app import Application
from vitrine.api.bounds import LONGEST_FORM, SECURITY_HEADERS, SMALL_BODY

BY_TOKEN = f"Bearer {TOKEN}"
PAGES = ("/", "/de/", "/projects/vision-api", "/projects/absent", "/visitor")
PLACES = (
    *(("GET", path) for path in PAGES),
    *(("GET", path) for path in ("/resume", "/vitrine.js", "/favicon.ico", "/health", "/absent")),
    *(("GET", path) for path in ("/console", "/console/login", "/runbooks", "/console/absent")),
    *(("GET", path) for path in ("/api/personalization", "/api/visitor", "/metrics/public")),
    *(("GET", path) for path in ("/api/admin/switch", "/openapi.json", "/api/events")),
    *(("POST", path) for path in ("/api/events", "/api/visitor/id", "/health")),
)


@pytest.mark.parametrize(("method", "path"), PLACES)
async def test_every_answer_has_the_security_headers(method: str, path: str) -> None:
    parts = WholeParts()
    headers = (await parts.client.call(method, path)).headers
    assert {name.decode() for name, _ in SECURITY_HEADERS} <= set(headers)
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "strict-transport-security" not in headers


FOR_PAGES_ELSEWHERE = {
    **dict.fromkeys(("/api/events", "/api/personalization", "/api/visitor/id"), ORIGIN),
    "/vitrine.js": "*",
}
"""What a page of a declared origin may read; all else is for our own pages and for programs."""


@pytest.mark.parametrize(("method", "path"), PLACES)
async def test_a_declared_origin_may_read_what_is_for_it_and_nothing_else(
    method: str, path: str
) -> None:
    parts = WholeParts()
    parts.site = replace(parts.site, origins=(ORIGIN,))
    headers = (await parts.client.call(method, path, origin=ORIGIN)).headers
    assert headers.get("access-control-allow-origin") == FOR_PAGES_ELSEWHERE.get(path)
    assert "access-control-allow-credentials" not in headers


async def test_an_answer_to_an_error_that_nobody_expected_has_them_as_well() -> None:
    parts = Parts()

    async def broken() -> str | None:
        raise RuntimeError("a bug")

    object.__setattr__(parts.service, "ready", broken)
    sent: dict[Any, Any] = {}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            sent.update(dict(message["headers"]), status=message["status"])

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {"type": "http", "method": "GET", "path": "/ready", "query_string": b"", "headers": []}
    with pytest.raises(RuntimeError):
        await parts.app(scope, receive, send)
    assert sent["status"] == 500
    assert {name for name, _ in SECURITY_HEADERS} <= set(sent)


@pytest.mark.parametrize("path", ["/health", "/api/personalization"])
async def test_browsers_are_told_to_stay_with_https_where_people_come_by_it(path: str) -> None:
    parts = Parts()
    client = type(parts.client)(Application(parts.service, https=True))
    headers = (await client.call("GET", path)).headers
    assert headers["strict-transport-security"] == "max-age=31536000"


async def test_a_body_for_the_owner_is_small_declared_or_not() -> None:
    client = Parts().client
    long = [b" " * SMALL_BODY, b'{"on": true}']
    declared = await client.call(
        "PUT",
        "/api/admin/switch",
        chunks=long,
        authorization=BY_TOKEN,
        content_length=str(sum(map(len, long))),
    )
    assert (declared.status, declared.reads) == (413, 0)
    by_and_by = await client.call(
        "PUT",
        "/api/admin/switch",
        chunks=long,
        authorization=BY_TOKEN,
        content_type="application/json",
    )
    assert by_and_by.status == 413
    assert by_and_by.json == {"detail": f"body: larger than {SMALL_BODY} bytes"}


async def test_a_body_for_the_owner_has_to_come_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "SLOWEST_BODY_S", 0.01)
    statuses: list[int] = []

    async def never() -> dict[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: dict[str, Any]) -> None:
        statuses.extend(filter(None, [message.get("status")]))

    headers = {"authorization": BY_TOKEN, "content-type": "application/json"}
    scope = {
        "type": "http",
        "method": "PUT",
        "path": "/api/admin/switch",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    await Parts().app(scope, never, send)
    assert statuses == [408]


async def test_a_form_of_the_console_may_be_longer_but_not_much() -> None:
    person = ConsoleParts().person()
    await person.log_in()
    longer = {"to": "off", "sure": "x" * SMALL_BODY}
    assert (await person.submit("/console/switch", "/console/switch", **longer)).status in {
        303,
        422,
    }
    longer["sure"] = "x" * LONGEST_FORM
    assert (await person.submit("/console/switch", "/console/switch", **longer)).status == 413


async def test_a_length_that_is_no_number_is_refused() -> None:
    reply = await Parts().client.call("GET", "/health", content_length="many")
    assert reply.status == 400
