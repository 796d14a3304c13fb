"""Sends each request when it is due, over persistent connections, and never waits for answers."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from time import perf_counter  # a loop's own time stands still while it works

from bench.openloop.connection import Connection
from bench.openloop.outcomes import CONNECTION, TIMEOUT, Outcomes, Request
from bench.openloop.schedule import Due

TIMEOUT_S = 10.0
TICK_S = 0.001
"""What is due within it leaves together; timers of event loops are no finer."""
SENT_IN_A_ROW = 32
"""A generator that is late still reads answers in between."""
LOOK_EVERY_S = 0.05
RECEIPTS = ("accepted", "duplicate", "rejected")


class Generator:
    """Offers requests to one server; use it once.

    A request for which no connection is free waits for one, and its time runs. After
    `timeout_s` from when it was due it has failed, and its connection is opened anew. `begun`
    is called when all connections are open and time begins to run.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        connections: int,
        timeout_s: float = TIMEOUT_S,
        begun: Callable[[], None] = lambda: None,
    ) -> None:
        self._address = host, port
        self._wanted = connections
        self._timeout_s = timeout_s
        self._begun = begun
        self._idle: deque[Connection] = deque()
        self._waiting: deque[tuple[int, bytes]] = deque()
        self._under_way: dict[Connection, int] = {}
        self._open: set[Connection] = set()
        self._opening: set[asyncio.Task[None]] = set()
        self._ended = False
        self._due: list[float] = []
        self._outcomes = Outcomes(0)
        self._left = 0
        self._answered = asyncio.Event()

    async def run(self, due: Due, requests: Iterable[Request]) -> Outcomes:
        """Return what became of the requests, one for each time that is due.

        Ends by itself, `timeout_s` after the last of them is due. Raises `TimeoutError` where
        the connections cannot be opened.
        """
        self._outcomes, self._left = Outcomes(len(due)), len(due)
        async with asyncio.timeout(self._timeout_s):
            await asyncio.gather(*(self._connect() for _ in range(self._wanted)))
        self._begun()
        began = perf_counter()
        self._due = [began + at for at in due.tolist()]
        looking = asyncio.create_task(self._look())
        await self._offer(requests)
        await self._answered.wait()
        looking.cancel()
        self._end()
        await asyncio.gather(looking, *self._opening, return_exceptions=True)
        return self._outcomes

    async def _offer(self, requests: Iterable[Request]) -> None:
        for index, (due, request) in enumerate(zip(self._due, requests, strict=False)):
            while (early := due - perf_counter()) > 0:  # noqa: ASYNC110 - time is all it waits for
                await asyncio.sleep(max(early, TICK_S))
            self._outcomes.begin(index, request, perf_counter() - due)
            self._waiting.append((index, request.data))
            self._dispatch()
            if index % SENT_IN_A_ROW == 0:
                await asyncio.sleep(0)

    def _dispatch(self) -> None:
        while self._waiting and self._idle:
            connection = self._idle.popleft()
            if connection.usable:
                index, data = self._waiting.popleft()
                self._under_way[connection] = index
                connection.send(data)

    def answered(self, connection: Connection, status: int, body: bytes) -> None:
        """Hear an answer; whoever waits longest gets the connection."""
        index = self._under_way.pop(connection, None)
        if index is None:  # an answer to no question
            connection.close()
            return
        self._finish(index, status)
        if self._outcomes.kind(index) == "events":
            for result in RECEIPTS:
                self._outcomes.receipts[result] += body.count(b'"result":"%s"' % result.encode())
        self._idle.append(connection)
        self._dispatch()

    def lost(self, connection: Connection) -> None:
        """Hear that a connection is gone; another takes its place."""
        self._open.discard(connection)
        if (index := self._under_way.pop(connection, None)) is not None:
            self._finish(index, CONNECTION)
        if not self._ended:
            task = asyncio.create_task(self._connect())
            self._opening.add(task)
            task.add_done_callback(self._opening.discard)

    async def _connect(self) -> None:
        """Open a connection, trying again until there is one or the run is over."""
        while not self._ended:
            try:
                _, connection = await asyncio.get_running_loop().create_connection(
                    lambda: Connection(self), *self._address
                )
            except OSError:
                await asyncio.sleep(LOOK_EVERY_S)
                continue
            self._open.add(connection)
            self._idle.append(connection)
            self._dispatch()
            return

    async def _look(self) -> None:
        """Give up what has waited too long."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            until = perf_counter() - self._timeout_s
            for connection, index in list(self._under_way.items()):
                if self._due[index] > until:
                    break  # those that were sent later may wait longer
                del self._under_way[connection]
                self._finish(index, TIMEOUT)
                connection.close()
            while self._waiting and self._due[self._waiting[0][0]] <= until:
                index, _ = self._waiting.popleft()
                self._finish(index, TIMEOUT if self._open else CONNECTION)

    def _finish(self, index: int, status: int) -> None:
        self._outcomes.end(index, status, perf_counter() - self._due[index])
        self._left -= 1
        if not self._left:
            self._answered.set()

    def _end(self) -> None:
        self._ended = True
        for connection in list(self._open):
            connection.close()
