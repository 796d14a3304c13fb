"""Every route against everybody: the table says who gets what, and has all routes."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

import pytest

from tests.console import HOST, csrf_of
from tests.service import METRICS_TOKEN, NOON, TOKEN, Reply
from tests.whole import WholeParts
from vitrine.console.frame.assets import Assets
from vitrine.console.frame.guard import LOGIN
from vitrine.settings import Settings
from vitrine.telemetry.logs import JsonLog
from vitrine.wiring.application import application

ROLES = (
    "outside",
    "loopback",
    "proxied",  # from the machine itself, but for somebody else
    "wrong",  # with a token that nobody gave out
    "metrics",
    "admin",
    "session",
    "no_csrf",  # with a session, and a form that a page of the console did not make
    "visitor",  # with the token of a signed id
    "another",
)
TABLE = """
OPTIONS /api/events                        204 204 204 204 204 204 204 204 204 204
POST    /api/events                        202 202 202 202 202 202 202 202 202 202
GET     /api/personalization               200 200 200 200 200 200 200 200 200 200
OPTIONS /api/personalization               204 204 204 204 204 204 204 204 204 204
GET     /openapi.json                      200 200 200 200 200 200 200 200 200 200
GET     /api/admin/summary                 401 401 401 401 401 200 401 401 401 401
GET     /api/admin/switch                  401 401 401 401 401 200 401 401 401 401
PUT     /api/admin/switch                  401 401 401 401 401 200 401 401 401 401
PUT     /api/admin/log-level               401 401 401 401 401 200 401 401 401 401
GET     /api/admin/preview                 401 401 401 401 401 200 401 401 401 401
GET     /api/admin/experiment              401 401 401 401 401 200 401 401 401 401
GET     /api/admin/visitor                 401 401 401 401 401 200 401 401 401 401
DELETE  /api/admin/visitor                 401 401 401 401 401 200 401 401 401 401
GET     /metrics                           401 200 401 401 200 401 401 401 401 401
GET     /metrics/public                    200 200 200 200 200 200 200 200 200 200
POST    /api/visitor/id                    201 201 201 201 201 201 201 201 201 201
POST    /api/visitor/token                 200 200 200 200 200 200 200 200 200 200
GET     /api/visitor                       401 401 401 401 401 401 401 401 200 200
DELETE  /api/visitor                       401 401 401 401 401 401 401 401 200 200
PUT     /api/visitor                       401 401 401 401 401 401 401 401 200 200
GET     /                                  200 200 200 200 200 200 200 200 200 200
GET     /projects/{project}                200 200 200 200 200 200 200 200 200 200
GET     /resume                            200 200 200 200 200 200 200 200 200 200
GET     /de/                               200 200 200 200 200 200 200 200 200 200
GET     /de/projects/{project}             200 200 200 200 200 200 200 200 200 200
GET     /de/resume                         200 200 200 200 200 200 200 200 200 200
GET     /visitor                           200 200 200 200 200 200 200 200 200 200
GET     /de/visitor                        200 200 200 200 200 200 200 200 200 200
GET     /vitrine.js                        200 200 200 200 200 200 200 200 200 200
GET     /.well-known/gpc.json              200 200 200 200 200 200 200 200 200 200
GET     /assets/{name}                     404 404 404 404 404 404 404 404 404 404
GET     /favicon.ico                       200 200 200 200 200 200 200 200 200 200
GET     /console/assets/{digest}/{name}    200 200 200 200 200 200 200 200 200 200
GET     /runbooks                          200 200 200 200 200 200 200 200 200 200
GET     /runbooks/{alert}                  200 200 200 200 200 200 200 200 200 200
GET     /console/login                     200 200 200 200 200 200 303 303 200 200
POST    /console/login                     403 403 403 403 403 403 401 403 403 403
GET     /console                            in  in  in  in  in  in 200 200  in  in
GET     /console/dashboards                 in  in  in  in  in  in 200 200  in  in
GET     /console/dashboards/{uid}           in  in  in  in  in  in 200 200  in  in
GET     /console/dashboards/{uid}/data      in  in  in  in  in  in 200 200  in  in
GET     /console/alerts                     in  in  in  in  in  in 200 200  in  in
POST    /console/alerts/silence             in  in  in  in  in  in 303 403  in  in
POST    /console/alerts/tell                in  in  in  in  in  in 503 403  in  in
GET     /console/runbooks                   in  in  in  in  in  in 200 200  in  in
GET     /console/runbooks/{alert}           in  in  in  in  in  in 200 200  in  in
GET     /console/catalogue                  in  in  in  in  in  in 200 200  in  in
GET     /console/catalogue/{name}           in  in  in  in  in  in 200 200  in  in
GET     /console/visitors                   in  in  in  in  in  in 200 200  in  in
POST    /console/visitors/find              in  in  in  in  in  in 303 403  in  in
GET     /console/visitors/{visitor}         in  in  in  in  in  in 404 404  in  in
GET     /console/rules                      in  in  in  in  in  in 200 200  in  in
GET     /console/rules/{segment}            in  in  in  in  in  in 200 200  in  in
POST    /console/rules/{segment}            in  in  in  in  in  in 303 403  in  in
GET     /console/preview                    in  in  in  in  in  in 200 200  in  in
GET     /console/insights                   in  in  in  in  in  in 200 200  in  in
POST    /console/insights                   in  in  in  in  in  in 303 403  in  in
GET     /console/experiment                 in  in  in  in  in  in 200 200  in  in
GET     /console/switch                     in  in  in  in  in  in 200 200  in  in
POST    /console/switch                     in  in  in  in  in  in 303 403  in  in
GET     /console/logs                       in  in  in  in  in  in 200 200  in  in
GET     /console/logs/tail                  in  in  in  in  in  in 200 200  in  in
POST    /console/logout                     in  in  in  in  in  in  in 403  in  in
POST    /console/theme                      in  in  in  in  in  in 303 403  in  in
GET     /console/{path}                     in  in  in  in  in  in 404 404  in  in
GET     /health                            200 200 200 200 200 200 200 200 200 200
GET     /ready                             200 200 200 200 200 200 200 200 200 200
"""
PLACES = {
    "project": "vision-api",
    "alert": "HighLatency",
    "uid": "vitrine-api",
    "segment": "RECRUITER",
    "visitor": "0" * 32,
    "path": "absent",
}
BODIES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/api/events"): {"event_name": "download_resume", "user_pseudo_id": "ada"},
    ("PUT", "/api/admin/switch"): {"on": True},
    ("PUT", "/api/admin/log-level"): {"level": "INFO"},
    ("PUT", "/api/visitor"): {"off": False},
    ("POST", "/console/login"): {"password": "a guess"},
    ("POST", "/console/alerts/silence"): {"alert": "HighLatency", "minutes": "60"},
    ("POST", "/console/alerts/tell"): {"silence": "s", "alert": "HighLatency"},
    ("POST", "/console/visitors/find"): {"who": "ada"},
    ("POST", "/console/rules/{segment}"): {"version": "0", "action": "restore"},
    ("POST", "/console/insights"): {"days": "7"},
    ("POST", "/console/switch"): {"to": "on"},
    ("POST", "/console/theme"): {"theme": "dark"},
}
QUERIES = {"/api/admin/visitor": "user_id=ada"}


class Row(NamedTuple):
    """A route with what each role gets: a status, or `in` where the login page is next."""

    method: str
    template: str
    expected: tuple[str, ...]


def rows() -> list[Row]:
    found = [line.split() for line in TABLE.splitlines() if line]
    return [Row(method, path, tuple(codes)) for method, path, *codes in found]


def place(template: str) -> str:
    digest, name = Assets().url("console.css").split("/")[-2:]
    known = {**PLACES, "digest": digest, "name": name}
    if template.startswith("/assets/"):
        known["name"] = "absent"
    elif template.startswith("/console/catalogue/"):
        known["name"] = "api_requests_total"
    return template.format(**known)


def said(reply: Reply) -> str:
    """Return the status, or that who asks is sent to log in."""
    to_login = reply.headers.get("location", "").startswith(LOGIN)
    return "in" if to_login else str(reply.status)


async def bearer_of_a_signed_id(parts: WholeParts) -> str:
    given = (await parts.client.call("POST", "/api/visitor/id")).json["id"]
    body = json.dumps({"id": given}).encode()
    reply = await parts.client.call("POST", "/api/visitor/token", chunks=[body])
    return str(reply.json["token"])


async def asked(parts: WholeParts, role: str, method: str, template: str) -> Reply:
    path, body = place(template), BODIES.get((method, template), {})
    given: dict[str, Any] = {"query": QUERIES.get(template, "")}
    if role in {"loopback", "proxied"}:
        given |= {"peer": "127.0.0.1", "host": "127.0.0.1:8000"}
    if role == "proxied":
        given["x_forwarded_for"] = "198.51.100.7"
    tokens = {"wrong": "a guess", "metrics": METRICS_TOKEN, "admin": TOKEN}
    if role in tokens:
        given["authorization"] = f"Bearer {tokens[role]}"
    if role in {"visitor", "another"}:
        given["authorization"] = f"Bearer {await bearer_of_a_signed_id(parts)}"
    form = path.startswith("/console")
    if role in {"session", "no_csrf"}:
        person = parts.person()
        await person.log_in()
        given["cookie"] = person.cookie
        if role == "session" and form:
            body = {**body, "csrf": csrf_of(await person.get("/console"))}
    if method in {"GET", "HEAD", "OPTIONS", "DELETE"}:
        return await parts.client.call(method, path, **given)
    content = (urlencode(body) if form else json.dumps(body)).encode()
    media_type = "application/x-www-form-urlencoded" if form else "application/json"
    given |= {"origin": f"http://{given.get('host', HOST)}", "content_type": media_type}
    given |= {"content_length": str(len(content)), "chunks": [content]}
    return await parts.client.call(method, path, **given)


@pytest.fixture(scope="module")
def parts() -> WholeParts:
    made = WholeParts()
    made.measured = {"share": 0.1, "since_ms": NOON, "state": "not_enough_data", "more_needed": 9}
    made.measured |= {arm: {"exposed": 1, "converted": 0} for arm in ("personalized", "holdout")}
    made.log.close()  # whoever follows it is let go at once
    return made


@pytest.mark.parametrize("row", rows(), ids=lambda row: f"{row.method} {row.template}")
async def test_everybody_gets_what_the_table_says(parts: WholeParts, row: Row) -> None:
    await parts.client.post({"event_name": "download_resume", "user_pseudo_id": "ada"})
    found = []
    for role in ROLES:
        parts.now += 60_000
        found.append(said(await asked(parts, role, row.method, row.template)))
    assert dict(zip(ROLES, found, strict=True)) == dict(zip(ROLES, row.expected, strict=True))


HEADS = ("/console", "/runbooks", "/metrics", "/health", "/ready")
"""Beginnings of what answers HEAD as GET, beside the pages of visitors."""


async def test_head_is_answered_as_get(parts: WholeParts) -> None:
    for row in rows():
        if row.method == "GET" and row.template.startswith(HEADS):
            for role in ("outside", "session"):
                parts.now += 60_000
                found = said(await asked(parts, role, "HEAD", row.template))
                assert (row.template, found) == (row.template, row.expected[ROLES.index(role)])


def test_every_route_of_the_service_stands_in_the_table(tmp_path: Path) -> None:
    settings = Settings.load(home=tmp_path / "home")
    settings.make_home()
    served = application(settings, JsonLog(io.BytesIO(), "INFO"))._routes._declared
    running = {(method, rule.template) for rule in served for method in rule.methods or ("ANY",)}
    known = {(row.method, row.template) for row in rows()}
    heads = {route for route in running if route[0] == "HEAD"}
    assert {("GET", template) for _, template in heads} <= known
    assert running - heads == known
