"""What a service does beside answering: small duties at fixed intervals."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import NamedTuple

from vitrine.signals import DutyFailed, Emit
from vitrine.usecases.outage import Outage
from vitrine.usecases.ports import StoreUnavailableError


class Duty(NamedTuple):
    """Something to do every so often; the first time after one interval, or after `first_s`."""

    name: str
    every_s: float
    work: Callable[[], Awaitable[object]]
    first_s: float | None = None


class Background:
    """Runs duties until it is stopped; what fails is announced and tried again in its time."""

    def __init__(self, duties: tuple[Duty, ...], emit: Emit) -> None:
        self._duties = duties
        self._emit = emit
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._tasks = [asyncio.create_task(self._repeat(duty)) for duty in self._duties]

    async def stop(self) -> None:
        """End every duty where it stands."""
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with suppress(asyncio.CancelledError):
                await task

    async def _repeat(self, duty: Duty) -> None:
        outage = Outage(duty.name, self._emit)
        pause_s = duty.every_s if duty.first_s is None else duty.first_s
        while True:
            await asyncio.sleep(pause_s)
            pause_s = duty.every_s
            try:
                await duty.work()
            except StoreUnavailableError as problem:
                outage.failed(str(problem))
            except Exception as problem:  # noqa: BLE001 - a duty that fails once must not end
                self._emit(DutyFailed(duty.name, repr(problem)))
            else:
                outage.over()
