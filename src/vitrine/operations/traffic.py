"""Sends events to a running service as live traffic, each when its time has come."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from zlib import crc32

import httpx

from vitrine.domain.failure import Failure

LANES = 8
"""Requests under way at once. A visitor keeps to one lane, so its events arrive in order."""
QUEUED_PER_LANE = 64
TIMEOUT_S = 30.0
FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 10.0
ENDPOINT = "/api/events"
HEALTH = "/health"
REFUSED = "refused"
"""The result of events to which no receipt came back."""


class TrafficError(Failure):
    """Nothing answers at the address, or what answers is no Vitrine."""


class Sendable(NamedTuple):
    """Events of one visitor (`key`), due `at_s` seconds after the sending began."""

    at_s: float
    key: str
    events: Sequence[Mapping[str, Any]]
    headers: Mapping[str, str]


@dataclass(slots=True)
class Tally:
    """What became of what was sent: receipts by (result, reason), requests, and retries."""

    receipts: Counter[tuple[str, str | None]] = field(default_factory=Counter)
    requests: int = 0
    retries: int = 0

    @property
    def events(self) -> int:
        return self.receipts.total()

    @property
    def all_refused(self) -> bool:
        """Something was sent, and the service took no notice of any of it."""
        return bool(self.receipts) and all(result == REFUSED for result, _ in self.receipts)


Told = Callable[[Tally], None]


async def served_site(url: str, transport: httpx.AsyncBaseTransport | None = None) -> str:
    """Return the id of the site that a service serves; `TrafficError` where there is none."""
    base = url.rstrip("/")
    async with _client(transport) as client:
        try:
            answer = await client.get(base + HEALTH)
            return str(answer.raise_for_status().json()["site"])
        except (httpx.HTTPStatusError, ValueError, KeyError, TypeError):
            raise TrafficError(
                f"what answers at {base} is no Vitrine: {HEALTH} names no site"
            ) from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise TrafficError(
                f"no service answers at {base}: {str(error) or type(error).__name__}"
            ) from None


async def send(
    url: str,
    sendables: Iterable[Sendable] | AsyncIterable[Sendable],
    *,
    keep_trying: bool = False,
    told: Told | None = None,
    transport: httpx.AsyncBaseTransport | None = None,
) -> Tally:
    """Send everything in its time and return what became of it.

    `told` hears the tally after each answer. A service that cannot be reached raises
    `TrafficError`, or is tried again at growing intervals with `keep_trying`.
    An answer without receipts counts its events as `refused` with the status as reason.
    """
    tally = Tally()
    queues = [asyncio.Queue[Sendable | None](QUEUED_PER_LANE) for _ in range(LANES)]
    base = url.rstrip("/")
    async with _client(transport) as client:
        sender = _Sender(client, base, tally, keep_trying=keep_trying, told=told)
        try:
            async with asyncio.TaskGroup() as group:
                for queue in queues:
                    group.create_task(sender.work(queue))
                group.create_task(_dispatch(_each(sendables), queues))
        except* TrafficError as problems:
            raise problems.exceptions[0] from None
    return tally


def _client(transport: httpx.AsyncBaseTransport | None) -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=TIMEOUT_S, transport=transport, trust_env=False)


async def _dispatch(
    sendables: AsyncIterator[Sendable], queues: Sequence[asyncio.Queue[Sendable | None]]
) -> None:
    clock = asyncio.get_running_loop().time
    began = clock()
    async for sendable in sendables:
        await asyncio.sleep(max(0.0, began + sendable.at_s - clock()))
        await queues[crc32(sendable.key.encode()) % len(queues)].put(sendable)
    for queue in queues:
        await queue.put(None)


async def _each(sendables: Iterable[Sendable] | AsyncIterable[Sendable]) -> AsyncIterator[Sendable]:
    if isinstance(sendables, AsyncIterable):
        async for sendable in sendables:
            yield sendable
    else:
        for sendable in sendables:
            yield sendable


class _Sender:
    """Posts what is queued and keeps the tally."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        base: str,
        tally: Tally,
        *,
        keep_trying: bool,
        told: Told | None,
    ) -> None:
        self._client = client
        self._base = base
        self._tally = tally
        self._keep_trying = keep_trying
        self._told = told

    async def work(self, queue: asyncio.Queue[Sendable | None]) -> None:
        while (sendable := await queue.get()) is not None:
            response = await self._post(sendable)
            self._count(response, len(sendable.events))
            if self._told is not None:
                self._told(self._tally)

    async def _post(self, sendable: Sendable) -> httpx.Response:
        """Return the answer; an attempt that failed or met a busy service may be repeated."""
        content = json.dumps({"events": list(sendable.events)}).encode()
        headers = {"Content-Type": "application/json", **sendable.headers}
        pause = FIRST_PAUSE_S
        while True:
            problem = "it is not ready (status 503)"
            try:
                response = await self._client.post(
                    self._base + ENDPOINT, content=content, headers=headers
                )
                if response.status_code != httpx.codes.SERVICE_UNAVAILABLE or not self._keep_trying:
                    return response
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                problem = str(error) or type(error).__name__
            if not self._keep_trying:
                raise TrafficError(f"no service answers at {self._base}: {problem}")
            self._tally.retries += 1
            if self._told is not None:
                self._told(self._tally)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_S)

    def _count(self, response: httpx.Response, events: int) -> None:
        self._tally.requests += 1
        if response.status_code != httpx.codes.ACCEPTED:
            self._tally.receipts[REFUSED, f"status {response.status_code}"] += events
            return
        try:
            receipts = response.json()["receipts"]
            counts = Counter((r["result"], r["reason"]) for r in receipts)
        except (ValueError, KeyError, TypeError):
            raise TrafficError(
                f"what answers at {self._base} is no Vitrine: it sent no receipts"
            ) from None
        self._tally.receipts.update(counts)
