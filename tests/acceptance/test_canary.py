"""Whatever visitors and operators send, a live service shows and keeps none of it."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance.live import LiveService, vitrine
from tests.acceptance.prometheus import wait_for
from vitrine.operations.models_server import ModelsServer

EMAIL, IPV4, IPV6 = "canary.person@mail.example", "198.51.100.77", "2001:db8:77::4d"
WORD = "canaryword77"
MODEL_KEY = "a-key-that-nobody-has"
CANARIES = (
    EMAIL,
    "canary.person",
    IPV4,
    IPV6,
    WORD,
)
TEXTS = (
    EMAIL,
    EMAIL.replace("@", "%40"),
    IPV4,
    IPV6,
    f"api_key={WORD}",
    f"https://ada:{WORD}@host.example/?key={WORD}",
    f"Bearer {WORD}",
    f"sk-{WORD}",
    f"AIza{WORD}",
    f"https://hooks.slack.com/services/T0/B0/{WORD}",
    f"password: {WORD}",
)


GOOD: dict[str, dict[str, Any]] = {
    "skill_hover": {"skill_id": "python", "duration_ms": 300},
    "project_click": {"project_id": "vision-api"},
    "external_link_click": {"url": f"https://kept.example/{EMAIL}?key={WORD}#{IPV4}"},
}
"""What is taken, so that something is kept of it."""
FORMS = (
    *("alerts/silence", "alerts/tell", "visitors/find", "rules/RECRUITER", "insights", "switch"),
    *("theme",),
)
FIELDS = (
    *("who", "to", "sure", "alert", "minutes", "comment", "silence", "days", "theme", "version"),
    *("pinned", "project", "action", "next"),
)


def sent(client: httpx.Client) -> Iterator[int]:
    """Send each text through every door; yield the statuses of the answers."""
    for text in TEXTS:
        event = {
            "event_name": "project_click",
            "user_pseudo_id": text,
            "event_id": text,
            "event_params": {"project_id": text, text: text, "url": text, "channel": text},
        }
        hostile = {"event_name": text, "event_timestamp": text}
        yield client.post("/api/events", json={"events": [event, hostile]}).status_code
        for name, params in GOOD.items():
            good = {
                "event_name": name,
                "user_pseudo_id": text,
                "event_id": f"{name}:{text}"[:64],
                "event_params": {
                    **params,
                    text: text,
                    "page_referrer": f"https://a.example/{text}",
                },
            }
            yield client.post("/api/events", json=good, headers={"referer": text}).status_code
        yield client.post("/api/visitor/token", json={"id": text}).status_code
        yield client.post("/api/events", json={text: text}).status_code
        yield client.post("/api/events", content=f'{{"{text}": ').status_code
        yield client.get("/api/personalization", params={"user_id": text, text: text}).status_code
        yield client.get("/api/personalization", params={"language": text}).status_code
        yield client.get("/absent/" + text.replace("/", "_")).status_code
        yield client.get("/api/admin/visitor", params={"user_id": text}).status_code
        for name in ("user-agent", "referer", "x-forwarded-for", "forwarded", "origin", "cookie"):
            headers = {name: text, "traceparent": text}
            yield client.get("/api/personalization?user_id=v", headers=headers).status_code
        headers = {"authorization": f"Bearer {text}"}
        yield client.get("/api/admin/summary", headers=headers).status_code
        with suppress(httpx.HTTPError):  # a server may refuse to answer at all
            yield client.request(WORD.upper(), "/health", headers={"host": text}).status_code


def typed(client: httpx.Client, service: LiveService, password: str) -> Iterator[int]:
    """Send each text through every form of the console; yield the statuses of the answers."""
    origin = {"origin": service.url}
    login = {"csrf": csrf(client, "/console/login")}
    for text in (TEXTS[0], password):
        form = {**login, "password": text, "next": f"/console?{WORD}"}
        yield client.post("/console/login", data=form, headers=origin).status_code
    token = csrf(client, "/console/switch")
    for text in TEXTS:
        form = {**dict.fromkeys(FIELDS, text), text: text, "csrf": token}
        for path in FORMS:
            answer = client.post(f"/console/{path}", data=form, headers=origin)
            yield answer.status_code
        yield client.get("/console/logs", params={"text": text, "user": text}).status_code
        yield client.get(f"/console/visitors/{text.replace('/', '_')}").status_code


def csrf(client: httpx.Client, path: str) -> str:
    return client.get(path).text.partition('name="csrf" value="')[2].partition('"')[0]


@pytest.fixture
def models() -> Iterator[ModelsServer]:
    with ModelsServer(lambda _evidence: {}) as server:
        yield server


@pytest.fixture
def outspoken(start_service: Callable[..., LiveService], models: ModelsServer) -> LiveService:
    return start_service(
        LOG_LEVEL="DEBUG",
        VITRINE_TRUSTED_PROXIES="127.0.0.0/8",
        GEMINI_API_KEY=MODEL_KEY,
        GEMINI_BASE_URL=models.url,
    )


def test_no_canary_comes_out_of_anything(
    outspoken: LiveService, models: ModelsServer, tmp_path: Path
) -> None:
    admin, metrics, password = (
        (outspoken.home / name).read_text().strip()
        for name in ("admin-token", "metrics-token", "admin-password")
    )
    with outspoken.client() as client:
        statuses = {*sent(client), *typed(client, outspoken, password)}
        assert {200, 202, 303, 401, 403, 404, 422} <= statuses
        wait_for(lambda: models.calls, "a question to the model")
        scraped = client.get("/metrics", headers={"authorization": f"Bearer {metrics}"}).text
        journal = client.get("/console").text
    assert "api_requests_total" in scraped
    archive = backed_up(outspoken, tmp_path / "backups")
    assert outspoken.end() == 0
    printed = outspoken.log.read_text()
    lines = [json.loads(line) for line in printed.splitlines()]
    assert len(lines) > len(TEXTS)
    assert {line["level"] for line in lines} >= {"DEBUG", "INFO", "WARNING"}
    assert {line["action"] for line in lines if line.get("audit")} >= {"login", "tell", "rule"}
    places = {
        "log": printed.encode(),
        "metrics": scraped.encode(),
        "journal": journal.encode(),
        "prompts": json.dumps([call.body for call in models.calls]).encode(),
        **{file.name: file.read_bytes() for file in outspoken.home.iterdir() if file.is_file()},
        **{f"backup: {name}": content for name, content in archive.items()},
    }
    assert b"kept.example" in places["vitrine.db"], "or nothing was kept that could be found"
    assert named(places, CANARIES) == set()
    for secret in ("secret", "admin-token", "admin-password", "metrics-token"):
        places = {name: content for name, content in places.items() if not name.endswith(secret)}
    assert named(places, (admin, metrics, password, MODEL_KEY)) == set()


def named(places: Mapping[str, bytes], words: Iterable[str]) -> set[tuple[str, str]]:
    """Return which of the words stand where."""
    lower = {place: content.lower() for place, content in places.items()}
    return {
        (place, word)
        for place, content in lower.items()
        for word in words
        if word.lower().encode() in content
    }


def backed_up(service: LiveService, directory: Path) -> dict[str, bytes]:
    """Return the content of each file of a backup that was just made."""
    parts = ("prometheus", "long-term", "grafana", "alertmanager")
    left = [word for part in parts for word in ("--without", part)]
    code, _, err = vitrine("backup", directory, "--home", service.home, *left)
    assert code == 0, err
    with tarfile.open(next(directory.iterdir())) as tar:
        files = [(one.name, tar.extractfile(one)) for one in tar if one.isfile()]
        return {name: stream.read() for name, stream in files if stream is not None}
