"""The processes of a drill: started with what they say going to a file, killed, ended."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

from vitrine.operations.death_signal import ends_with_this_process
from vitrine.operations.stack import end_process

CHUNK = 64 * 1024
CHILDREN = "/proc/{pid}/task/{pid}/children"


class Process:
    """One process, run as another `user` if one is named.

    `reading` is whether anybody takes what it says.
    """

    def __init__(
        self, command: Sequence[str], log: Path, env: Mapping[str, str], user: str | None = None
    ) -> None:
        self._command = command
        self._log = log
        self._env = env
        self._user = user
        self._process: asyncio.subprocess.Process | None = None
        self._copier: asyncio.Task[None] | None = None
        self.reading = asyncio.Event()
        self.reading.set()

    async def start(self, more: Mapping[str, str] | None = None) -> None:
        """Start it, with `more` in its environment."""
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**self._env, **(more or {})},
            user=self._user,
            cwd=self._log.parent,  # where no `.env` of somebody else is
            limit=CHUNK,
            start_new_session=True,
            preexec_fn=ends_with_this_process(),
        )
        self._copier = asyncio.create_task(self._copy(self._process))

    def say(self, line: str) -> None:
        """Write a line on its standard input."""
        assert self._process is not None
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())

    async def end(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Send a signal and wait until it is gone."""
        process, self._process = self._process, None
        if process is None:
            return
        self.reading.set()
        await end_process(process, number)
        if self._copier is not None:
            await self._copier

    def last_words(self) -> str:
        """Return the last line that it said."""
        text = self._log.read_text(errors="replace") if self._log.exists() else ""
        return text.rstrip().rpartition("\n")[2]

    def children(self) -> list[int]:
        """Return the numbers of the processes that it has started, in their order."""
        assert self._process is not None
        pid = self._process.pid
        return sorted(map(int, Path(CHILDREN.format(pid=pid)).read_text().split()))

    @property
    def gone(self) -> bool:
        return self._process is None or self._process.returncode is not None

    async def _copy(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        with self._log.open("ab") as file:
            while await self.reading.wait() and (chunk := await process.stdout.read(CHUNK)):
                file.write(chunk)
                file.flush()
