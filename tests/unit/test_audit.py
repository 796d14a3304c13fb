"""Whatever is done in the owner's name is written down once, and no visitor with it."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from tests.console import PASSWORD, ConsoleParts, csrf_of
from tests.service import PERSON, RECRUITED, TOKEN, batch
from vitrine.domain.pseudonym import network_of
from vitrine.signals import Actor, AdminActed
from vitrine.telemetry.bindings import Telemetry
from vitrine.telemetry.logs import JsonLog

NETWORK = "198.51.100"
BY_TOKEN = f"Bearer {TOKEN}"
ALERT = "HighLatency"
PINNED = {"version": "0", "pinned": "project", "project": ["learn-git"], "action": "pin"}


@pytest.fixture
def parts() -> ConsoleParts:
    return ConsoleParts()


async def of_the_api(parts: ConsoleParts, method: str, path: str, body: str, **more: Any) -> int:
    reply = await parts.client.call(
        method,
        f"/api/admin/{path}",
        chunks=[body.encode()],
        content_type="application/json",
        **more,
    )
    return reply.status


@pytest.mark.parametrize(
    ("method", "path", "body", "action", "subject"),
    [
        ("PUT", "switch", '{"on": false}', "switch", "off"),
        ("PUT", "switch", '{"on": true}', "switch", "on"),
        ("PUT", "log-level", '{"level": "DEBUG"}', "log_level", "DEBUG"),
        ("DELETE", "visitor", "", "forget", "visits: 1, events: 5"),
    ],
)
async def test_an_action_by_token_is_written_down(
    parts: ConsoleParts, method: str, path: str, body: str, action: str, subject: str
) -> None:
    await parts.client.post(batch(*RECRUITED, visitor="ada"))
    query = "user_id=ada" if method == "DELETE" else ""
    more = {"authorization": BY_TOKEN, "query": query}
    assert await of_the_api(parts, method, path, body, **more) == 200
    assert parts.of(AdminActed) == [AdminActed(action, subject, Actor.TOKEN, NETWORK, 200)]
    more["authorization"] = "Bearer a guess"
    assert await of_the_api(parts, method, path, body, **more) == 401
    assert parts.of(AdminActed)[1:] == [AdminActed(action, "", Actor.NOBODY, NETWORK, 401)]


async def test_what_is_only_looked_at_is_not_an_action(parts: ConsoleParts) -> None:
    for path in ("summary", "switch", "experiment", "preview"):
        await of_the_api(parts, "GET", path, "", authorization=BY_TOKEN)
    await parts.person().get("/console/login")
    assert parts.of(AdminActed) == []


async def test_a_mistake_is_written_down_as_refused(parts: ConsoleParts) -> None:
    assert await of_the_api(parts, "PUT", "switch", "{}", authorization=BY_TOKEN) == 422
    assert parts.of(AdminActed) == [AdminActed("switch", "", Actor.TOKEN, NETWORK, 422)]


@pytest.mark.parametrize(
    ("page", "path", "form", "action", "subject"),
    [
        ("switch", "switch", {"to": "off", "sure": "yes"}, "switch", "off"),
        ("switch", "switch", {"to": "off"}, "switch", "off, not confirmed"),
        ("rules/RECRUITER", "rules/RECRUITER", PINNED, "rule", "RECRUITER: pin project"),
        (
            *("rules/RECRUITER", "rules/RECRUITER"),
            *({"version": "0", "action": "restore"}, "rule", "RECRUITER: restore"),
        ),
        *(
            ("alerts", "alerts/silence", {"alert": ALERT, "minutes": "60"}, "silence", subject)
            for subject in (f"{ALERT} for 60 min",)
        ),
        ("alerts", "alerts/tell", {"silence": "s", "alert": ALERT}, "tell", ALERT),
        ("insights", "insights", {"days": "7"}, "ask_models", "7 days"),
        ("visitors", "visitors/find", {"who": "ada"}, "find_visitor", ""),
        ("switch", "theme", {"theme": "dark"}, "theme", "dark"),
        ("switch", "logout", {}, "logout", ""),
    ],
)
async def test_an_action_in_the_console_is_written_down(
    parts: ConsoleParts, page: str, path: str, form: dict[str, Any], action: str, subject: str
) -> None:
    person = parts.person()
    await person.log_in()
    del parts.heard[:]
    reply = await person.submit(f"/console/{page}", f"/console/{path}", **form)
    done = AdminActed(action, subject, Actor.SESSION, NETWORK, reply.status)
    assert parts.of(AdminActed) == [done]


async def test_logins_are_written_down_and_failed_ones_too(parts: ConsoleParts) -> None:
    person = parts.person()
    await person.log_in("a guess")
    await person.log_in()
    assert parts.of(AdminActed) == [
        AdminActed("login", "", Actor.NOBODY, NETWORK, 401),
        AdminActed("login", "", Actor.NOBODY, NETWORK, 303),
    ]


async def test_a_form_that_another_site_sent_is_written_down_as_refused(
    parts: ConsoleParts,
) -> None:
    person = parts.person()
    await person.log_in()
    token = csrf_of(await person.get("/console/switch"))
    del parts.heard[:]
    form = {"csrf": token, "to": "off", "sure": "yes"}
    await person.post("/console/switch", form, origin="https://evil.example")
    assert parts.of(AdminActed) == [AdminActed("switch", "", Actor.SESSION, NETWORK, 403)]
    assert parts.switch.on


async def test_the_line_says_who_what_and_result_and_names_no_address(
    parts: ConsoleParts,
) -> None:
    out = io.BytesIO()
    log = JsonLog(out, "INFO")
    parts.listener = Telemetry(log, parts.registry)
    person = parts.person()
    await person.log_in("a guess at it")
    await of_the_api(parts, "PUT", "switch", '{"on": false}', authorization=BY_TOKEN)
    log.close()
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    tried, done = [line for line in lines if line.get("audit")]
    assert (tried["level"], tried["logger"]) == ("WARNING", "vitrine.console.frame.guard")
    assert (done["level"], done["logger"]) == ("INFO", "vitrine.api.admin")
    assert {name: done[name] for name in AdminActed._fields} == {
        "action": "switch", "subject": "off", "actor": "token", "network": NETWORK, "status": 200,
        "audit": True,
    }  # fmt: skip
    written = out.getvalue().decode()
    for secret in (PASSWORD, "a guess at it", TOKEN, PERSON.address):
        assert secret not in written


async def test_the_journal_shows_what_changed_things(parts: ConsoleParts) -> None:
    followers = parts.journal.followers
    parts.listener = lambda signal: followers.get(type(signal), lambda _signal: None)(signal)
    query = {"query": "user_id=ada", "authorization": BY_TOKEN}
    await of_the_api(parts, "DELETE", "visitor", "", **query)
    await of_the_api(parts, "PUT", "log-level", '{"level": "DEBUG"}', authorization=BY_TOKEN)
    await of_the_api(parts, "PUT", "log-level", '{"level": "LOUD"}', authorization=BY_TOKEN)
    await of_the_api(parts, "PUT", "switch", '{"on": false}', authorization=BY_TOKEN)
    person = parts.person()
    await person.log_in()
    await person.submit("/console/rules/RECRUITER", "/console/rules/RECRUITER", **PINNED)
    silence = {"alert": ALERT, "minutes": "60"}
    await person.submit("/console/alerts", "/console/alerts/silence", **silence)
    said = [entry.what for entry in reversed(parts.journal.entries)]
    assert said == [
        "Visitor erased by the owner",
        "Log level changed",
        "Personalization turned off",
        "Order pinned",
        "Alert silenced",
    ]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("198.51.100.7", "198.51.100"),
        ("2001:db8:77::4d", "2001:db8:77"),
        ("::1", ""),
        ("::ffff:198.51.100.7", "198.51.100"),
    ],
)
def test_a_network_in_the_log_is_no_address(address: str, network: str) -> None:
    assert network_of(address) == network
