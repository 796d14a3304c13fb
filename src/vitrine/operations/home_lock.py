"""One service per home: two would each believe to be the only writer."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vitrine.domain.failure import Failure

LONGEST_LOCK = 300


class HomeInUseError(Failure):
    """Another process holds this home; `url` is where its service answers, if it is one."""

    def __init__(self, message: str, url: str) -> None:
        super().__init__(message)
        self.url = url


@contextmanager
def hold_home(home: Path, url: str = "") -> Iterator[None]:
    """Hold the home for this process; raises `HomeInUseError` naming the process that does.

    `url` is where a service answers meanwhile. The operating system lets go of the home
    however the process ends.
    """
    descriptor = os.open(home / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            held = os.read(descriptor, LONGEST_LOCK).decode(errors="replace")
            holder, _, where = held.partition("\n")
            raise HomeInUseError(
                f"a service (process {holder or 'unknown'}) already runs on {home};"
                " stop it or choose another home with --home",
                where.strip(),
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n{url}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)
