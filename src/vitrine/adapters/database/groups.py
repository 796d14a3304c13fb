"""One commit, or one read, serves every request that waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from time import perf_counter
from typing import Generic, TypeVar

from vitrine.usecases.ports import StoreUnavailableError

Item = TypeVar("Item")
Result = TypeVar("Result")


class Groups(Generic[Item, Result]):
    """Hands what has gathered to `work`, at most so many groups `at_once`.

    While groups are under way the next one gathers, so groups grow with the load and a
    lone request waits for nobody. `work` returns one result or one exception per item.
    More than `most` waiting items are refused: an answer that comes too late is no answer.
    `waited` hears how many seconds each item waited for its turn.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Item]], Awaitable[Sequence[Result | Exception]]],
        *,
        most: int,
        group: int,
        at_once: int = 1,
        waited: Callable[[float], None] = lambda _seconds: None,
    ) -> None:
        self._work = work
        self._most = most
        self._group = group
        self._at_once = at_once
        self._waited = waited
        self._waiting: list[tuple[Item, asyncio.Future[Result], float]] = []
        self._pending: set[asyncio.Future[Result]] = set()
        self._flushers: set[asyncio.Task[None]] = set()

    async def submit(self, item: Item) -> Result:
        """Return the item's result once its group is done."""
        if len(self._waiting) >= self._most:
            raise StoreUnavailableError("over_capacity")
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._pending.add(done)
        done.add_done_callback(self._pending.discard)
        self._waiting.append((item, done, perf_counter()))
        if len(self._flushers) < self._at_once:
            # In a context of its own: a group belongs to none of its requests.
            self._flushers.add(asyncio.create_task(self._flush(), context=Context()))
        return await done

    async def settle(self) -> None:
        """Return when everything that was submitted before has been answered."""
        if before := set(self._pending):
            await asyncio.wait(before)

    async def drain(self) -> None:
        """Return when everything that was submitted has been answered."""
        while self._flushers:
            await asyncio.wait(set(self._flushers))

    async def _flush(self) -> None:
        try:
            while self._waiting:
                group = self._waiting[: self._group]
                del self._waiting[: self._group]
                taken = perf_counter()
                for _, _, since in group:
                    self._waited(taken - since)
                await self._settle(group)
        finally:  # before anybody else runs: whoever submits next has to begin another
            flusher = asyncio.current_task()
            assert flusher is not None
            self._flushers.discard(flusher)

    async def _settle(self, group: list[tuple[Item, asyncio.Future[Result], float]]) -> None:
        try:
            results = await self._work([item for item, _, _ in group])
        except Exception as problem:  # noqa: BLE001 - whatever it is, every waiter must hear of it
            results = [problem] * len(group)
        for (_, done, _), result in zip(group, results, strict=True):
            if done.done():  # the client left; its item is done all the same
                continue
            if isinstance(result, Exception):
                done.set_exception(result)
            else:
                done.set_result(result)
