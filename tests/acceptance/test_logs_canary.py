"""Whatever visitors and operators send, the log of a live service shows none of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress

import httpx
import pytest

from tests.acceptance.live import LiveService

EMAIL, IPV4, IPV6 = "canary.person@mail.example", "198.51.100.77", "2001:db8:77::4d"
WORD = "canaryword77"
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


@pytest.fixture
def outspoken(start_service: Callable[..., LiveService]) -> LiveService:
    return start_service(LOG_LEVEL="DEBUG", VITRINE_TRUSTED_PROXIES="127.0.0.0/8")


def test_no_canary_comes_out_of_the_log(outspoken: LiveService) -> None:
    token = (outspoken.home / "admin-token").read_text().strip()
    with outspoken.client() as client:
        statuses = list(sent(client))
        known = client.get("/api/admin/summary", headers={"authorization": f"Bearer {token}"})
    assert known.status_code == 200
    assert {200, 202, 401, 404} <= set(statuses)
    assert outspoken.end() == 0
    printed = outspoken.log.read_text()
    lines = [json.loads(line) for line in printed.splitlines()]
    assert len(lines) > len(TEXTS)
    assert {line["level"] for line in lines} >= {"DEBUG", "INFO"}
    lower = printed.lower()
    assert [canary for canary in (*CANARIES, token) if canary.lower() in lower] == []
