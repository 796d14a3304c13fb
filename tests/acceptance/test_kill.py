"""A power cut at any moment loses no acknowledged event and doubles none."""

from __future__ import annotations

import random
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import httpx

from tests.acceptance.live import LiveService
from tests.acceptance.prometheus import WITHIN_S
from tests.soaking import SOAKING

KILLS = 100 if SOAKING else 5
SENDERS = 3
BATCH = 10


class Sending:
    """Sends batches until the service dies; keeps what was acknowledged."""

    def __init__(self, service: LiveService, round_: int) -> None:
        self.acknowledged: set[str] = set()
        self.sent: list[list[dict[str, object]]] = []
        self.begun = threading.Event()
        self._service = service
        self._round = round_

    def run(self, sender: int) -> None:
        with self._service.client() as client:
            for number in range(10_000):
                batch: list[dict[str, object]] = [
                    {
                        "event_name": "project_click",
                        "user_pseudo_id": f"visitor-{sender}-{number % 7}",
                        "event_id": f"{self._round}-{sender}-{number}-{index}",
                        "event_params": {"project_id": "vision-api"},
                    }
                    for index in range(BATCH)
                ]
                self.sent.append(batch)
                try:
                    answer = client.post("/api/events", json={"events": batch})
                except httpx.HTTPError:
                    return
                assert answer.status_code == 202, answer.text
                self.acknowledged.update(
                    receipt["event_id"] for receipt in answer.json()["receipts"]
                )
                self.begun.set()


def stored_events(service: LiveService) -> int:
    with closing(sqlite3.connect(service.home / "vitrine.db")) as database:
        return int(database.execute("SELECT count(*) FROM events").fetchone()[0])


def test_kill_9_during_ingest_loses_no_acknowledged_event_and_doubles_none(
    start_service: Callable[..., LiveService],
) -> None:
    chance = random.Random(11)
    service = start_service()
    expected = 0
    for round_ in range(KILLS):
        sending = Sending(service, round_)
        with ThreadPoolExecutor(SENDERS) as pool:
            done = [pool.submit(sending.run, sender) for sender in range(SENDERS)]
            assert sending.begun.wait(WITHIN_S)
            # A random moment within the next few commits; nothing is awaited here.
            threading.Event().wait(chance.uniform(0.0, 0.06))
            service.kill()
        for future in done:
            future.result()
        service.start()
        expected += resend(service, sending)
        assert stored_events(service) == expected
    assert expected > KILLS * BATCH


def resend(service: LiveService, sending: Sending) -> int:
    """Send everything again; what was acknowledged must be known, the rest is taken once."""
    with service.client() as client:
        for batch in sending.sent:
            receipts = client.post("/api/events", json={"events": batch}).json()["receipts"]
            for receipt in receipts:
                if receipt["event_id"] in sending.acknowledged:
                    assert receipt["result"] == "duplicate", receipt
                else:
                    assert receipt["result"] in ("accepted", "duplicate"), receipt
    return sum(len(batch) for batch in sending.sent)
