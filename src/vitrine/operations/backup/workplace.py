"""A directory for the time of a backup or a restore."""

from __future__ import annotations

import errno
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from vitrine.adapters.disk_room import room_at
from vitrine.domain.failure import Failure

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class DiskError(Failure):
    """A disk is full, closed or broken; the message says what was written, and the room there."""


@contextmanager
def workplace(below: Path | None = None) -> Iterator[Path]:
    """Give a new directory that its owner alone can enter, and remove it with all that is in it.

    It is made `below` a directory, which is made as well, else where temporary files go
    (TMPDIR). What the disk refuses until then becomes a `DiskError`. Asked to end (SIGTERM), the
    block is left as by an error, so that nothing stays behind.
    """
    before = signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))
    try:
        if below is not None:
            below.mkdir(parents=True, exist_ok=True, mode=0o700)
        with TemporaryDirectory(prefix=".vitrine-", dir=below) as made, writing(Path(made)):
            yield Path(made)
    except OSError as problem:
        raise of_disk(problem, below) from None
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Have what a disk refuses in the block be said of what is written, unless it names a file."""
    try:
        yield
    except OSError as problem:
        raise of_disk(problem, path) from None


def of_disk(problem: OSError, path: Path | None) -> DiskError:
    """Return what a disk refuses, said of the file that it names, else of what was written."""
    where = Path(problem.filename) if isinstance(problem.filename, str) else path
    words = problem.strerror or str(problem)
    if where is None:
        return DiskError(words)
    return DiskError(f"{where}: {words}" + (f"; {room_at(where)}" if problem.errno in FULL else ""))


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let signals that ask for the end wait for the end of the block."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
