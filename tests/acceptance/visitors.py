"""Visitors who come and go on a live service for as long as a test looks at it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx

from tests.acceptance.live import LiveService

PAUSE_S = 0.1


def view(client: httpx.Client, number: int) -> None:
    """Have one of five visitors view a section, see pages, and ask for health and nonsense."""
    visitor = f"visitor-{number % 5}"
    event = {
        "event_name": "section_view",
        "user_pseudo_id": visitor,
        "event_params": {"section_id": "projects", "duration_ms": 2_000},
    }
    client.post("/api/events", json=event)
    for _ in range(2):
        client.get("/api/personalization", params={"user_id": visitor})
    client.get("/health")
    client.get("/no/such/page")


@contextmanager
def visitors(
    service: LiveService,
    act: Callable[[httpx.Client, int], None] = view,
    pause_s: float = PAUSE_S,
) -> Iterator[None]:
    """Let visitors act one after the other all the while, `pause_s` apart."""
    ended = threading.Event()

    def visit() -> None:
        with service.client() as client:
            number = 0
            while not ended.wait(pause_s):
                act(client, number)
                number += 1

    thread = threading.Thread(target=visit)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
