"""A directory for the time of a backup or a restore."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from vitrine.domain.failure import Failure


class DiskError(Failure):
    """A disk is full, closed or broken; the message says which file it was about."""


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
        with TemporaryDirectory(prefix=".vitrine-", dir=below) as made:
            yield Path(made)
    except OSError as problem:
        where = f"{problem.filename}: " if problem.filename else ""
        raise DiskError(f"{where}{problem.strerror or problem}") from None
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let signals that ask for the end wait for the end of the block."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
