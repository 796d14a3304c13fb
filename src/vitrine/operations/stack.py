"""The parts that `vitrine up` runs: started, watched, started again, ended in order."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from vitrine.operations.death_signal import ends_with_this_process
from vitrine.telemetry.logs.files import RotatedFile, Rotation

RESTART_AFTER_S = 1.0
MOST_RESTARTS = 5
WITHIN_S = 60.0
END_WITHIN_S = 10.0
LOG_ROTATION = Rotation(kept=3)
"""The shortest that does for a look at what happened: at most 40 MiB for each part."""
CANNOT_START = 127
"""What a shell says of a command that is not there."""
WRONG_CALL = 2
"""A command that was called wrongly would be so again."""
REFUSED = 1
"""A command that ends so at once has said why it does not start, and would say it again."""
AT_ONCE_S = 30.0
"""As long as the slowest start may take; who ended later had started."""


class State(StrEnum):
    """Where a part stands, in the words that the summary shows."""

    STARTING = "starting"
    RUNNING = "running"
    RESTARTING = "restarting"
    FINISHED = "finished"
    GIVEN_UP = "given up"
    ENDED = "ended"


@dataclass(slots=True)
class Part:
    """One process of the stack. `lasting` ones are started again when they end.

    `env` is added to this process's own environment; `last_line` is what it said last.
    """

    name: str
    command: Sequence[str]
    lasting: bool = True
    env: Mapping[str, str] = field(default_factory=dict)
    state: State = State.STARTING
    restarts: int = 0
    last_line: str = ""
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
        self._logs.mkdir(exist_ok=True, mode=0o700)
        self._watchers[part.name] = asyncio.create_task(self._watch(part))

    async def end(self) -> None:
        """End every part, the last first, and wait until all are gone."""
        for part in reversed(self.parts):
            watcher = self._watchers.pop(part.name, None)
            if watcher is not None:
                watcher.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await watcher
            part.state = State.ENDED

    async def _watch(self, part: Part) -> None:
        while True:
            began = time.monotonic()
            code = await self._run(part)
            if code == 0 and not part.lasting:
                part.state = State.FINISHED
                self._report(f"{part.name} has finished")
                return
            hopeless = _hopeless(part, code, time.monotonic() - began)
            if hopeless:
                part.state = State.GIVEN_UP
                self._report(
                    f"{part.name} ended {hopeless} and is left alone; see {self._log_of(part)}"
                )
                return
            part.restarts += 1
            part.state = State.RESTARTING
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
                env={**os.environ, **part.env},
                start_new_session=True,  # Ctrl-C is for us; parts are ended in their order
                preexec_fn=ends_with_this_process(),
            )
        except OSError as problem:
            self._report(f"{part.name} cannot be started: {problem}")
            return CANNOT_START
        part.process = process
        part.state = State.RUNNING
        copier = asyncio.create_task(_copy(part, process, self._log_of(part)))
        try:
            return await process.wait()
        finally:
            await end_process(process)
            await copier

    def _log_of(self, part: Part) -> Path:
        return self._logs / f"{part.name}.log"


def _hopeless(part: Part, code: int, lived_s: float) -> str:
    """Return why a part that has just ended is not started again, or nothing."""
    refused = code == REFUSED and not part.restarts and lived_s < AT_ONCE_S
    if refused or code == WRONG_CALL:
        return f"({_meaning(code)}: {part.last_line})"
    now = time.monotonic()
    part.deaths = [then for then in part.deaths if now - then < WITHIN_S] + [now]
    if len(part.deaths) > MOST_RESTARTS:
        return f"{len(part.deaths)} times within {WITHIN_S:g} s"
    return ""


async def _copy(part: Part, process: asyncio.subprocess.Process, path: Path) -> None:
    """Write what a part says to its log, whole lines at a time; read on where that fails."""
    file = RotatedFile(path, LOG_ROTATION)
    assert process.stdout is not None
    rest = b""
    try:
        while chunk := await process.stdout.read(64 * 1024):
            lines, newline, rest = (rest + chunk).rpartition(b"\n")
            if newline:
                _write(part, file, lines + newline)
        if rest:
            _write(part, file, rest + b"\n")
    finally:
        file.close()


def _write(part: Part, file: RotatedFile, lines: bytes) -> None:
    last = lines.decode(errors="replace").rstrip().rpartition("\n")[2]
    part.last_line = last or part.last_line
    with contextlib.suppress(OSError):
        file.write(lines)


async def end_process(
    process: asyncio.subprocess.Process, number: signal.Signals = signal.SIGTERM
) -> None:
    """Send a process and its children a signal; who is not gone in time is killed."""
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, number)
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
