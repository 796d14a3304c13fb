"""The parts that `vitrine up` runs: started, watched, started again, ended in order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from logging.handlers import RotatingFileHandler
from pathlib import Path

RESTART_AFTER_S = 1.0
MOST_RESTARTS = 5
WITHIN_S = 60.0
END_WITHIN_S = 10.0
LOG_BYTES = 10 * 1024 * 1024
LOG_FILES = 3
CANNOT_START = 127
"""What a shell says of a command that is not there."""


@dataclass(slots=True)
class Part:
    """One process of the stack. `lasting` ones are started again when they end."""

    name: str
    command: Sequence[str]
    lasting: bool = True
    state: str = "starting"
    restarts: int = 0
    process: asyncio.subprocess.Process | None = None
    deaths: list[float] = field(default_factory=list)


class Stack:
    """Runs parts in the order given; what they say goes to one rotated file each.

    `report` is told, in a sentence, whatever an operator should know.
    """

    def __init__(self, parts: Sequence[Part], logs: Path, report: Callable[[str], None]) -> None:
        self.parts = parts
        self._logs = logs
        self._report = report
        self._watchers: dict[str, asyncio.Task[None]] = {}

    def start(self, part: Part) -> None:
        """Start a part and watch it."""
        self._logs.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._watchers[part.name] = asyncio.create_task(self._watch(part))

    async def end(self) -> None:
        """End every part, the last first, and wait until all are gone."""
        for part in reversed(self.parts):
            watcher = self._watchers.pop(part.name, None)
            if watcher is not None:
                watcher.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await watcher
            part.state = "ended"

    async def _watch(self, part: Part) -> None:
        while True:
            code = await self._run(part)
            if code == 0 and not part.lasting:
                part.state = "finished"
                self._report(f"{part.name} has finished")
                return
            now = time.monotonic()
            part.deaths = [then for then in part.deaths if now - then < WITHIN_S] + [now]
            if len(part.deaths) > MOST_RESTARTS:
                part.state = "given up"
                self._report(
                    f"{part.name} ended {len(part.deaths)} times within {WITHIN_S:g} s"
                    f" and is left alone; see {self._log_of(part)}"
                )
                return
            part.restarts += 1
            part.state = "restarting"
            self._report(f"{part.name} ended ({_meaning(code)}) and is started again")
            await asyncio.sleep(RESTART_AFTER_S)

    async def _run(self, part: Part) -> int:
        """Run a part once; a cancelled run ends its process before it returns."""
        try:
            process = await asyncio.create_subprocess_exec(
                *part.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for us; parts are ended in their order
            )
        except OSError as problem:
            self._report(f"{part.name} cannot be started: {problem}")
            return CANNOT_START
        part.process = process
        part.state = "running"
        copier = asyncio.create_task(_copy(process, self._log_of(part)))
        try:
            return await process.wait()
        finally:
            await _end(process)
            await copier

    def _log_of(self, part: Part) -> Path:
        return self._logs / f"{part.name}.log"


async def _copy(process: asyncio.subprocess.Process, path: Path) -> None:
    handler = RotatingFileHandler(path, maxBytes=LOG_BYTES, backupCount=LOG_FILES)
    assert process.stdout is not None
    rest = b""
    try:
        while chunk := await process.stdout.read(64 * 1024):
            lines, newline, rest = (rest + chunk).rpartition(b"\n")
            if newline:
                _write(handler, lines)
        if rest:
            _write(handler, rest)
    finally:
        handler.close()


def _write(handler: logging.Handler, lines: bytes) -> None:
    handler.emit(logging.makeLogRecord({"msg": lines.decode(errors="replace")}))


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    try:
        async with asyncio.timeout(END_WITHIN_S):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def _meaning(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        return f"killed by {signal.Signals(-code).name}"
    return f"killed by signal {-code}"
