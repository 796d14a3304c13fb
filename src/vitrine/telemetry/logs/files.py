"""Log files of one writer, which begins another one by size and by age."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable
from contextlib import suppress
from errno import EWOULDBLOCK
from pathlib import Path
from typing import NamedTuple

FILE_NAME = "service.log"
FILE_MODE, DIRECTORY_MODE = 0o640, 0o750


class Rotation(NamedTuple):
    """When another file is begun: at `size` bytes, and when a period of `period_s` is over.

    Periods count from the epoch, so that one of a day ends at midnight UTC. `kept` earlier
    files stay.
    """

    size: int = 10 * 1024 * 1024
    period_s: int = 24 * 3600
    kept: int = 10


DAILY = Rotation()


class RotatedFile:
    """A file to which one process appends whole lines; earlier ones are `.1`, `.2` and so on.

    Somebody else may rename or empty it, as logrotate does: it is opened anew, or goes on.
    """

    def __init__(
        self, path: Path, rotation: Rotation = DAILY, clock: Callable[[], float] = time.time
    ) -> None:
        self.path = path
        self._rotation = rotation
        self._clock = clock
        self._file: int | None = None
        self._written_at = 0.0

    def write(self, data: bytes) -> None:
        """Append lines; raises `OSError` where they are lost, and then none of them is there."""
        try:
            file = self.open()
            size = os.fstat(file).st_size
            if size and self._is_over(size + len(data)):
                self._rotate()
                file, size = self.open(), 0
            _append(file, data, size)
        except OSError:
            self.close()
            raise
        self._written_at = self._clock()

    def open(self) -> int:
        """Return the descriptor of what has the file's name now; raises `OSError`.

        The folder is made if need be. A file is of its writer alone: two would rotate it
        under one another.
        """
        if self._file is not None and not self._has_its_name(self._file):
            self.close()
        if self._file is None:
            self.path.parent.mkdir(mode=DIRECTORY_MODE, parents=True, exist_ok=True)
            self._file = _claimed(self.path)
            self._written_at = os.fstat(self._file).st_mtime
        return self._file

    def close(self) -> None:
        """Let go of the file."""
        file, self._file = self._file, None
        if file is not None:
            os.close(file)

    def _is_over(self, size: int) -> bool:
        period_s = self._rotation.period_s
        return (
            size > self._rotation.size or self._written_at // period_s < self._clock() // period_s
        )

    def _has_its_name(self, file: int) -> bool:
        try:
            return os.path.samestat(os.fstat(file), self.path.stat())
        except FileNotFoundError:
            return False

    def _rotate(self) -> None:
        self.close()
        beyond = self._rotation.kept + 1
        while self._earlier(beyond).exists():  # fewer are kept than were once
            self._earlier(beyond).unlink()
            beyond += 1
        for number in range(self._rotation.kept, 0, -1):
            with suppress(FileNotFoundError):
                self._earlier(number - 1).rename(self._earlier(number))

    def _earlier(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}") if number else self.path


def _claimed(path: Path) -> int:
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, FILE_MODE)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        mode = os.fstat(file).st_mode & 0o777
        if mode & ~FILE_MODE:
            os.fchmod(file, mode & FILE_MODE)
    except BlockingIOError:
        os.close(file)
        raise OSError(EWOULDBLOCK, "another process writes to it") from None
    except OSError:
        os.close(file)
        raise
    return file


def _append(file: int, data: bytes, size: int) -> None:
    """Append all of it or, where the disk is full, leave the file as long as it was."""
    rest = memoryview(data)
    try:
        while rest:
            rest = rest[os.write(file, rest) :]
    except OSError:
        with suppress(OSError):
            os.ftruncate(file, size)
        raise
