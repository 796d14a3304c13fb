"""What a program costs: the time and memory of all its processes, as the kernel counts them."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import NamedTuple

import psutil


class Usage(NamedTuple):
    """Seconds of the processor (user and system) since the start, and MiB of resident memory.

    Memory that processes share counts in each of them.
    """

    cpu_s: float
    mib: float


def usage(pids: Iterable[int]) -> Usage:
    """Return what the processes and all below them use; who has ended counts in its parent."""
    cpu_s = mib = 0.0
    for root in pids:
        for process in _tree(root):
            with suppress(psutil.NoSuchProcess):
                cpu_s += sum(process.cpu_times()[:4])
                mib += process.memory_info().rss / 2**20
    return Usage(cpu_s, mib)


def busy_s() -> float:
    """Return how many seconds the machine's cores have worked since its start, for anybody."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - times.iowait - times.guest - times.guest_nice)


def _tree(pid: int) -> list[psutil.Process]:
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []
