"""One service per home: two would each believe to be the only writer."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vitrine.domain.failure import Failure


class HomeInUseError(Failure):
    """Another service runs on this home."""


@contextmanager
def hold_home(home: Path) -> Iterator[None]:
    """Hold the home for this process; raises `HomeInUseError` naming the process that does.

    The operating system lets go of it however the process ends.
    """
    descriptor = os.open(home / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 20).decode(errors="replace").strip() or "unknown"
            raise HomeInUseError(
                f"a service (process {holder}) already runs on {home};"
                " stop it or choose another home with --home"
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(descriptor)
