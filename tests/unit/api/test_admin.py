from __future__ import annotations

import json
from typing import Any

import pytest

from tests.service import RECRUITED, TOKEN, Parts, Reply, batch
from vitrine.api import admin

ROUTES = [
    ("GET", "/api/admin/summary"),
    ("GET", "/api/admin/switch"),
    ("PUT", "/api/admin/switch"),
    ("PUT", "/api/admin/log-level"),
    ("GET", "/api/admin/preview"),
    ("GET", "/api/admin/visitor"),
    ("DELETE", "/api/admin/visitor"),
    ("GET", "/api/admin/experiment"),
]


async def call(parts: Parts, method: str, path: str, **options: Any) -> Reply:
    return await parts.client.call(method, path, **{"authorization": f"Bearer {TOKEN}", **options})


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"authorization": ""},
        {"authorization": "Bearer"},
        {"authorization": "Bearer wrong"},
        {"authorization": f"Bearer {TOKEN}x"},
        {"authorization": f"Bearer {TOKEN[:-1]}"},
        {"authorization": f"Basic {TOKEN}"},
        {"authorization": TOKEN},
        {"authorization": "Bearer \xe9\xff"},
    ],
)
async def test_without_the_token_nothing_is_told(
    method: str, path: str, sent: dict[str, str]
) -> None:
    reply = await Parts().client.call(method, path, chunks=[b'{"on": false}'], **sent)
    assert reply.status == 401
    assert reply.headers["www-authenticate"] == "Bearer"
    assert list(reply.json) == ["detail"]
    assert TOKEN not in reply.body.decode()


def test_every_admin_route_is_among_those_tested() -> None:
    documented = {
        (method.upper(), path)
        for path, methods in _document()["paths"].items()
        for method in methods
        if path.startswith("/api/admin")
    }
    assert documented == set(ROUTES)


def _document() -> dict[str, Any]:
    from fastapi import FastAPI

    app = FastAPI()
    app.include_router(admin.admin_router(Parts().service))
    return app.openapi()


async def test_the_summary_and_the_experiment_are_those_of_the_service() -> None:
    parts = Parts()
    assert (await call(parts, "GET", "/api/admin/summary")).json == {"visits": 3}
    assert (await call(parts, "GET", "/api/admin/experiment")).json == {"state": "too_little"}


async def test_the_switch_is_turned_for_everybody() -> None:
    parts = Parts()
    await parts.client.post(batch(*RECRUITED, visitor="ann"))
    assert (await call(parts, "GET", "/api/admin/switch")).json == {"on": True}
    off = await call(
        parts,
        "PUT",
        "/api/admin/switch",
        chunks=[b'{"on": false}'],
        content_type="application/json",
    )
    assert (off.status, off.json) == (200, {"on": False})
    assert (await call(parts, "GET", "/api/admin/switch")).json == {"on": False}
    assert (await parts.client.ask("ann")).json["variant"] == "default"


async def test_a_state_that_is_none_is_refused() -> None:
    parts = Parts()
    reply = await call(
        parts,
        "PUT",
        "/api/admin/switch",
        chunks=[b'{"on": "maybe"}'],
        content_type="application/json",
    )
    assert reply.status == 422
    assert parts.switch.on


async def test_a_preview_shows_the_page_of_a_segment_and_counts_nothing() -> None:
    parts = Parts()
    reply = await call(parts, "GET", "/api/admin/preview", query="segment=STUDENT&language=de")
    assert reply.json == json.loads(json.dumps(parts.rules.rule("STUDENT", "de")._asdict()))
    default = await call(parts, "GET", "/api/admin/preview")
    assert default.json["segment"] is None
    assert parts.heard == []


async def test_a_preview_of_no_segment_names_those_there_are() -> None:
    reply = await call(Parts(), "GET", "/api/admin/preview", query="segment=PIRATE")
    assert reply.status == 404
    assert "ML_ENGINEER" in reply.json["detail"]


async def test_a_visitor_is_explained_and_an_unknown_one_is_not() -> None:
    parts = Parts()
    await parts.client.post(batch(*RECRUITED, visitor="ann"))
    known = await call(parts, "GET", "/api/admin/visitor", query="user_id=ann")
    assert known.json == {"segment": "RECRUITER"}
    assert (await call(parts, "GET", "/api/admin/visitor", query="user_id=ben")).status == 404
    assert (await call(parts, "GET", "/api/admin/visitor")).status == 422
