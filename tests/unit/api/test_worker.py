"""What a worker answers for itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import FastAPI

from tests.service import METRICS_TOKEN, Parts
from vitrine.api.worker import worker_application
from vitrine.catalogue.metrics import CATALOGUE
from vitrine.senders import Senders
from vitrine.telemetry.exposition import Exposition
from vitrine.telemetry.registry import Registry


@asynccontextmanager
async def working(_app: FastAPI) -> AsyncIterator[None]:
    yield


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_it_says_that_it_lives_and_what_it_counts(method: str) -> None:
    render = Exposition(Registry(CATALOGUE, {}, {})).render
    app = worker_application(render, Parts().gate(METRICS_TOKEN), Senders(()), working)
    to = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=to, base_url="http://worker") as client:
        token = {"authorization": f"Bearer {METRICS_TOKEN}"}
        answers = [await client.request(method, "/health")]
        answers += [await client.request(method, "/metrics", headers=token)]
        answers += [await client.request(method, "/metrics", headers={"x-forwarded-for": "::1"})]
    assert [answer.status_code for answer in answers] == [200, 200, 401]
