"""The healthy traffic of a drill: pages that ask for their order, and send what happens."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from itertools import combinations, cycle
from random import Random
from typing import Any

import httpx

PAUSE_S = 0.1
VISITORS = 10
UNSURE_EVERY = 5
"""Every so many ticks somebody comes whom local rules cannot place: models are asked."""
GLANCE_MS = 300
KIND_SIZES = (2, 3, 4, 5)
"""Glances of somebody unsure: of nine skills, enough kinds of visits for three minutes."""
EVENT = "section_view"
READS, SENDS = {"accept-language": "en"}, {"accept-language": "de"}
"""Pages and events in two languages: a cache of one entry then holds the wrong one."""
COMES_BY = "1.1 drill"
"""A proxy, as people do: limits do not bind who is on the machine itself."""
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


class Traffic:
    """Ten events and ten pages a second, whatever becomes of those before.

    While it is `resting`, nobody comes.
    """

    def __init__(self, url: str, skills: Sequence[str], *, unsure: bool) -> None:
        self.event_name = EVENT
        self.resting = False
        self._url = url
        kinds = [kind for size in KIND_SIZES for kind in combinations(skills, size)]
        Random(0).shuffle(kinds)
        self._kinds = cycle(kinds) if unsure else None
        self._under_way: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Go on until cancelled."""
        headers = {"user-agent": BROWSER, "via": COMES_BY}
        limits = httpx.Limits(max_connections=200)
        async with httpx.AsyncClient(
            base_url=self._url, headers=headers, timeout=10, trust_env=False, limits=limits
        ) as client:
            try:
                number = 0
                while True:
                    if not self.resting:
                        self._spawn(self._tick(client, number))
                    number += 1
                    await asyncio.sleep(PAUSE_S)
            finally:
                for task in self._under_way:
                    task.cancel()
                await asyncio.gather(*self._under_way, return_exceptions=True)

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _tick(self, client: httpx.AsyncClient, number: int) -> None:
        visitor = f"visitor-{number % VISITORS}"
        params = {"section_id": "projects", "duration_ms": 2_000}
        events = [_event(visitor, self.event_name, params)]
        page = {"user_id": visitor}
        with contextlib.suppress(httpx.HTTPError):  # some drills are about just that
            await asyncio.gather(
                client.post("/api/events", json={"events": events}, headers=SENDS),
                client.get("/api/personalization", params=page, headers=READS),
            )
            if self._kinds is not None and number % UNSURE_EVERY == 0:
                glances = [
                    _event(
                        f"unsure-{number}",
                        "skill_hover",
                        {"skill_id": skill, "duration_ms": GLANCE_MS},
                    )
                    for skill in next(self._kinds)
                ]
                await client.post("/api/events", json={"events": glances})


def _event(visitor: str, name: str, params: Mapping[str, object]) -> dict[str, Any]:
    return {"event_name": name, "user_pseudo_id": visitor, "event_params": params}
