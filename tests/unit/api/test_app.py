from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.service import TOKEN, Client, Parts
from vitrine import __version__
from vitrine.api.app import Application
from vitrine.signals import RequestFailed, StoreFailed
from vitrine.usecases.ports import StoreUnavailableError


async def test_health_says_what_runs() -> None:
    reply = await Parts().client.call("GET", "/health")
    assert reply.status == 200
    assert reply.json == {"status": "ok", "version": __version__, "site": "small"}


async def test_ready_says_whether_the_work_can_be_done() -> None:
    assert (await Parts().client.call("GET", "/ready")).json == {"status": "ok"}
    reply = await Parts(problem="the database does not answer").client.call("GET", "/ready")
    assert (reply.status, reply.json) == (503, {"detail": "the database does not answer"})


async def test_a_store_that_does_not_answer_is_no_error_of_ours_and_is_counted() -> None:
    async def fail() -> dict[str, Any]:
        raise StoreUnavailableError("DatabaseError SQLITE_CORRUPT")

    parts = Parts()
    client = Client(Application(replace(parts.service, experiment=fail)))
    bearer = f"Bearer {TOKEN}"
    reply = await client.call("GET", "/api/admin/experiment", authorization=bearer)
    assert (reply.status, reply.headers["retry-after"]) == (503, "2")
    assert parts.of(StoreFailed) == [StoreFailed("admin", "DatabaseError SQLITE_CORRUPT")]
    assert not parts.of(RequestFailed)


@pytest.mark.parametrize("path", ["/", "/api", "/api/events/x", "/api/personalizations"])
async def test_there_is_nothing_else(path: str) -> None:
    assert (await Parts().client.call("GET", path)).status == 404


async def test_the_service_starts_and_stops_with_the_server() -> None:
    happened: list[str] = []

    async def start() -> None:
        happened.append("start")

    async def stop() -> None:
        happened.append("stop")

    app = Application(replace(Parts().service, start=start, stop=stop))
    messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: dict[str, Any]) -> None:
        happened.append(message["type"])

    await app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, receive, send)
    assert happened == ["start", "lifespan.startup.complete", "stop", "lifespan.shutdown.complete"]


async def test_a_start_that_fails_is_told_to_the_server() -> None:
    async def start() -> None:
        raise RuntimeError("no disk")

    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "lifespan.startup"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    app = Application(replace(Parts().service, start=start))
    with pytest.raises(RuntimeError, match="no disk"):
        await app({"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}, receive, send)
    assert [message["type"] for message in sent] == ["lifespan.startup.failed"]


async def test_two_applications_do_not_share_anything() -> None:
    one, other = Parts(), Parts()
    await Client(one.app).post({"event_name": "download_resume"})
    assert len(one.store.events) == 1
    assert other.store.events == []
