"""Starts the load generator in a process of its own, and hears what it found."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from time import perf_counter
from typing import NamedTuple

from bench.limits.configuration import Running
from bench.openloop.report import Report
from bench.processes import busy_s

GRACE_S = 60.0
_seeds = count(1)


class Offered(NamedTuple):
    """A run: what became of the requests, and what the service and its servers used for it.

    `cores` are seconds of the processor for each second of the clock, with `client` for the
    generator and `others` for whoever else was at work on the machine; `mib` is what each of
    the service and its servers holds at the end.
    """

    rate: float
    report: Report
    cores: dict[str, float]
    mib: dict[str, float]


class Offer:
    """A run under way; `end` waits for it."""

    def __init__(self, process: subprocess.Popen[str], seconds: float) -> None:
        self._process = process
        self._seconds = seconds

    def end(self) -> Report:
        """Return what the generator found once it is done."""
        out, _ = self._process.communicate(timeout=self._seconds + GRACE_S)
        if self._process.returncode:
            raise RuntimeError("the load generator failed; it has said why")
        return Report.load(json.loads(out))


@contextmanager
def offering(url: str, rate: float, seconds: float, *more: str) -> Iterator[Offer]:
    """Offer load from now on; what is done in the block happens under it."""
    command = [sys.executable, "-m", "bench.openloop", url, "--rate", f"{rate:g}"]
    command += ["--seconds", f"{seconds:g}", "--seed", str(next(_seeds)), *more]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        if process.stdout.readline() != "begun\n":
            raise RuntimeError("the load generator did not begin; it has said why")
        yield Offer(process, seconds)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def offer(stack: Running, rate: float, seconds: float, *more: str) -> Offered:
    """Offer load and return what it found and cost."""
    with offering(stack.url, rate, seconds, *more) as under_way:
        began, busy, before = perf_counter(), busy_s(), stack.usage()
        report = under_way.end()
        took, busy, after = perf_counter() - began, busy_s() - busy, stack.usage()
    worked = {name: after[name].cpu_s - before[name].cpu_s for name in after}
    worked["client"] = report.cpu_s
    worked["others"] = max(0.0, busy - sum(worked.values()))
    return Offered(
        rate,
        report,
        {name: seconds / took for name, seconds in worked.items()},
        {name: used.mib for name, used in after.items()},
    )
