"""Parts that end with the process that started them, however that one ended."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from collections.abc import Callable

PR_SET_PDEATHSIG = 1
"""From `linux/prctl.h`: the signal that a process gets when its parent is gone."""
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


def ends_with_this_process() -> Callable[[], None] | None:
    """Return what a new process calls before its program: SIGTERM will follow our death.

    Systems other than Linux have nothing like it; there it is None.
    """
    if _LIBC is None:
        return None
    prctl, starter = _LIBC.prctl, os.getpid()

    def ask() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != starter:  # it ended before we could ask
            os._exit(1)

    return ask
