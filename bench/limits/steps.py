"""Raises the rate step by step until the objective breaks."""

from __future__ import annotations

from collections.abc import Iterator

from bench.limits.configuration import Running
from bench.limits.offering import Offered, offer
from bench.openloop.mix import PERSONALIZATION
from bench.openloop.outcomes import Latency

OBJECTIVE_S = 0.2
"""Within it, 95 % of the personalizations are to be answered; nothing may fail."""
FIRST_PER_S = 500.0
FACTOR = 1.5
MOST_STEPS = 9
STEP_S = 5.0
HEADING = (
    f"{'rate/s':>8} {'P50 ms':>8} {'P95 ms':>8} {'P99 ms':>8} {'errors':>7}"
    f" {'service':>8} {'database':>9} {'redis':>6} {'client':>7} {'others':>7}"
    f" {'per core':>9} {'MiB':>6}"
)
"""CPU stands in cores. `per core` are the requests for each second that the service worked."""


def personalization(found: Offered) -> Latency:
    return found.report.kinds[PERSONALIZATION]


def holds(found: Offered) -> bool:
    """Whether the objective was kept, by a generator that was in time itself."""
    in_time = personalization(found).p95 < OBJECTIVE_S
    return in_time and not found.report.failed and found.report.kept_up


def steps(stack: Running, seconds: float = STEP_S) -> Iterator[Offered]:
    """Yield each step, the first that breaks the objective last.

    One that breaks it is tried once more: on a shared machine others may have done that.
    """
    for number in range(MOST_STEPS):
        rate = FIRST_PER_S * FACTOR**number
        found = offer(stack, rate, seconds, "--poisson")
        if not holds(found):
            found = offer(stack, rate, seconds, "--poisson")
        yield found
        if not holds(found):
            return


def row(found: Offered) -> str:
    """Return a line of the table: latencies of personalization, cores, resident memory."""
    latency, report = personalization(found), found.report
    times = " ".join(f"{1e3 * value:8.1f}" for value in latency[1:4])
    cores = found.cores
    return (
        f"{found.rate:8,.0f} {times} {report.failed:7,} {cores['service']:8.2f}"
        f" {cores.get('database', 0.0):9.2f} {cores.get('redis', 0.0):6.2f}"
        f" {cores['client']:7.2f} {cores['others']:7.2f} {per_core(found):9,.0f}"
        f" {sum(found.mib.values()):6,.0f}{_remark(found)}"
    )


def per_core(found: Offered) -> float:
    """Return requests per second of the processor's time that the service took."""
    return found.rate / found.cores["service"]


def _remark(found: Offered) -> str:
    if not found.report.kept_up:
        return f"  the client was late itself: P99 {1e3 * found.report.lag.p99:.0f} ms"
    if found.report.failed:
        return f"  {found.report.errors}"
    return "" if holds(found) else "  breaks the objective"
