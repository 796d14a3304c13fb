"""What is answered to who bears a token of the owner's, at both of its doors."""

from __future__ import annotations

from typing import Any

import pytest

from tests.service import METRICS_TOKEN, TOKEN, Parts, Reply

DOORS = [("/api/admin/switch", TOKEN), ("/metrics", METRICS_TOKEN)]
DIRECT = {"peer": "127.0.0.1", "host": "localhost"}


async def ask(parts: Parts, path: str, token: str, **options: Any) -> Reply:
    return await parts.client.call("GET", path, authorization=f"Bearer {token}", **options)


@pytest.mark.parametrize(("path", "token"), DOORS)
async def test_who_guesses_is_told_to_wait(path: str, token: str) -> None:
    parts = Parts(wrong_tokens=2)
    for _ in range(2):
        assert (await ask(parts, path, "a guess")).status == 401
    for given in ("a guess", token):
        reply = await ask(parts, path, given)
        assert (reply.status, reply.headers["retry-after"]) == (429, "30")
        assert reply.json == {"detail": "too many wrong tokens from your network; wait 30 seconds"}
        assert "www-authenticate" not in reply.headers
    for _ in range(3):
        assert (await ask(parts, path, "a guess", **DIRECT)).status == 401
    assert (await ask(parts, path, token, **DIRECT)).status == 200


@pytest.mark.parametrize(("path", "token"), DOORS)
async def test_who_uses_a_token_too_often_is_told_to_wait(path: str, token: str) -> None:
    parts = Parts(per_token=60)
    for _ in range(60):
        assert (await ask(parts, path, token)).status == 200
    reply = await ask(parts, path, token, peer="192.0.2.1")
    assert (reply.status, reply.headers["retry-after"]) == (429, "1")
    assert reply.json == {"detail": "too many requests with this token; wait 1 second"}
    assert (await ask(parts, path, token, **DIRECT)).status == 200


async def test_guesses_at_one_door_do_not_close_the_other() -> None:
    parts = Parts(wrong_tokens=1)
    for _ in range(2):
        await ask(parts, "/api/admin/switch", "a guess")
    assert (await ask(parts, "/api/admin/switch", TOKEN)).status == 429
    assert (await ask(parts, "/metrics", METRICS_TOKEN)).status == 200


@pytest.mark.parametrize(("path", "token"), DOORS)
async def test_who_sends_no_token_is_refused_and_guesses_nothing(path: str, token: str) -> None:
    parts = Parts(wrong_tokens=1)
    for _ in range(3):
        assert (await parts.client.call("GET", path)).status == 401
    assert (await ask(parts, path, token)).status == 200


@pytest.mark.parametrize(("path", "token"), DOORS)
async def test_a_trusted_proxy_on_the_machine_is_no_way_around(path: str, token: str) -> None:
    parts = Parts(wrong_tokens=1, trusted=["127.0.0.0/8"])

    async def through(visitor: str, given: str) -> int:
        return (await ask(parts, path, given, **DIRECT, x_forwarded_for=visitor)).status

    assert await through("203.0.113.7", "a guess") == 401
    assert await through("203.0.113.8", token) == 429
    assert await through("198.51.100.7", token) == 200
