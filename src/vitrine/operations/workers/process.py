"""One worker's process, as its supervisor sees it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Self

from vitrine.operations.death_signal import ends_with_this_process
from vitrine.operations.workers.place import Place

Command = Callable[[Place], Sequence[str]]
DRAIN, END = signal.SIGHUP, signal.SIGTERM
"""Asks a worker to leave what is new to others for a moment and then to end; or to end now."""


class Worker:
    """A process that was started for a `place`."""

    def __init__(self, place: Place, process: asyncio.subprocess.Process, told: int) -> None:
        self.place = place
        self._process = process
        self._told = told

    @classmethod
    async def start(cls, command: Command, place: Place) -> Self:
        """Start a process; it ends when this one does, however that happens."""
        told, tell = os.pipe()
        place = replace(place, ready=tell)
        try:
            process = await asyncio.create_subprocess_exec(
                *command(place),
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=place.inherited,
                start_new_session=True,  # Ctrl-C is for the supervisor
                preexec_fn=ends_with_this_process(),
            )
        except BaseException:
            os.close(told)
            raise
        finally:
            os.close(tell)
        return cls(place, process, told)

    @property
    def pid(self) -> int:
        return self._process.pid

    async def is_ready(self) -> bool:
        """Return once it says that it is ready (true), or has ended without (false)."""
        loop = asyncio.get_running_loop()
        heard = asyncio.Event()
        loop.add_reader(self._told, heard.set)
        try:
            await heard.wait()
            return bool(os.read(self._told, 1))
        finally:
            loop.remove_reader(self._told)

    def ask(self, number: signal.Signals) -> None:
        """Send it a signal, unless it has ended."""
        with suppress(ProcessLookupError):
            self._process.send_signal(number)

    async def ended(self) -> int:
        """Return its exit code once it has ended; below 0, the signal that ended it."""
        return await self._process.wait()

    async def end(self, number: signal.Signals, within_s: float) -> bool:
        """Ask it to end, wait, and kill it where it does not; tell whether it did by itself."""
        self.ask(number)
        try:
            async with asyncio.timeout(within_s):
                await self.ended()
        except TimeoutError:
            self.ask(signal.SIGKILL)
            await self.ended()
            return False
        return True

    def close(self) -> None:
        """Let go of the pipe."""
        os.close(self._told)
