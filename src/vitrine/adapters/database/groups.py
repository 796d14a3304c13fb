"""One commit, or one read, serves every request that waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import Context
from itertools import islice
from time import perf_counter
from typing import Generic, TypeVar

from vitrine.usecases.ports import StoreUnavailableError

Item = TypeVar("Item")
Result = TypeVar("Result")


class Groups(Generic[Item, Result]):
    """Hands what has gathered to `work`, at most so many groups `at_once`.

    While a group is under way the next one gathers, so groups grow with the load and a
    lone request waits for nobody. Another is begun beside it only where a whole one waits:
    many small groups would cost more than few. A group that takes longer than `stuck_after_s`
    no longer counts, so that nobody waits behind it. `work` returns one result or one exception
    per item. More than `most` waiting items are refused: an answer that comes too late is no
    answer. With `forsake`, an item whose client left is not worked on. `waited` hears how many
    seconds each item waited for its turn.
    """

    def __init__(
        self,
        work: Callable[[Sequence[Item]], Awaitable[Sequence[Result | Exception]]],
        *,
        most: int,
        group: int,
        at_once: int = 1,
        stuck_after_s: float | None = None,
        forsake: bool = False,
        waited: Callable[[float], None] = lambda _seconds: None,
    ) -> None:
        self._work = work
        self._most = most
        self._group = group
        self._at_once = at_once
        self._stuck_after_s = stuck_after_s
        self._forsake = forsake
        self._waited = waited
        self._waiting: dict[asyncio.Future[Result], tuple[Item, float]] = {}
        self._pending: set[asyncio.Future[Result]] = set()
        self._flushers: set[asyncio.Task[None]] = set()
        self._stuck: set[asyncio.Task[None]] = set()

    async def submit(self, item: Item) -> Result:
        """Return the item's result once its group is done."""
        if len(self._waiting) >= self._most:
            raise StoreUnavailableError("over_capacity")
        done: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._pending.add(done)
        done.add_done_callback(self._pending.discard)
        self._waiting[done] = (item, perf_counter())
        self._begin()
        try:
            return await done
        except asyncio.CancelledError:
            if self._forsake:
                self._waiting.pop(done, None)
            raise

    async def settle(self) -> None:
        """Return when everything that was submitted before has been answered."""
        if before := set(self._pending):
            await asyncio.wait(before)

    async def drain(self) -> None:
        """Return when everything that was submitted has been answered."""
        while self._flushers:
            await asyncio.wait(set(self._flushers))

    def _begin(self) -> None:
        """Begin a group beside those under way, where enough wait for it."""
        moving = len(self._flushers) - len(self._stuck)
        enough = len(self._waiting) >= max(1, moving * self._group)
        if enough and len(self._flushers) < self._at_once:
            # In a context of its own: a group belongs to none of its requests.
            self._flushers.add(asyncio.create_task(self._flush(), context=Context()))

    async def _flush(self) -> None:
        flusher = asyncio.current_task()
        assert flusher is not None
        try:
            while self._waiting:
                with self._watched(flusher):
                    await self._settle(self._take())
        finally:  # before anybody else runs: whoever submits next has to begin another
            self._flushers.discard(flusher)

    def _take(self) -> dict[asyncio.Future[Result], Item]:
        taken = perf_counter()
        group = {}
        for done in list(islice(self._waiting, self._group)):
            group[done], since = self._waiting.pop(done)
            self._waited(taken - since)
        return group

    @contextmanager
    def _watched(self, flusher: asyncio.Task[None]) -> Iterator[None]:
        """Have others begin beside a group once it is stuck."""
        if self._stuck_after_s is None:
            yield
            return
        stuck = asyncio.get_running_loop().call_later(self._stuck_after_s, self._pass_by, flusher)
        try:
            yield
        finally:
            stuck.cancel()
            self._stuck.discard(flusher)

    def _pass_by(self, flusher: asyncio.Task[None]) -> None:
        self._stuck.add(flusher)
        self._begin()

    async def _settle(self, group: Mapping[asyncio.Future[Result], Item]) -> None:
        try:
            results = await self._work(list(group.values()))
        except Exception as problem:  # noqa: BLE001 - whatever it is, every waiter must hear of it
            results = [problem] * len(group)
        for done, result in zip(group, results, strict=True):
            if done.done():  # the client left; its item is done all the same
                continue
            if isinstance(result, Exception):
                done.set_exception(result)
            else:
                done.set_result(result)
