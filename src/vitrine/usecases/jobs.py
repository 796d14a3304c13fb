"""Work that is done now and then, by one of several processes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from vitrine.signals import JobName


class Job(NamedTuple):
    """Work at the times of `cron` (UTC; a sixth field are seconds).

    `work` is given the time of the run in milliseconds and the number of the part. Parts of one
    run may be done by different processes at once; where a job is done `alone`, two runs of one
    part never are. A run that comes more than `within_s` seconds late is left out: the next one
    stands for it.
    """

    name: JobName
    cron: str
    work: Callable[[int, int], Awaitable[object]]
    parts: int = 1
    alone: bool = True
    within_s: float = 3_600.0
