"""Prints a table for each configuration, then what has a bar."""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

from bench.limits.configuration import Configuration, Running, running
from bench.limits.configurations import CONFIGURATIONS, ONE, TWO
from bench.limits.offering import Offered, offer
from bench.limits.steps import HEADING, OBJECTIVE_S, holds, per_core, personalization, row, steps
from bench.result import HEADING as RESULTS
from bench.result import Result

MANY, MANY_PER_S, MANY_S = 1_000, 1_000.0, 10.0
SHARE, ROUNDS, ROUND_S = 0.7, 7, 5.0


def measure(configuration: Configuration, limits: dict[str, Offered]) -> Iterator[Result]:
    """Print the steps of a configuration; yield what has a bar.

    The last step that held is put into `limits`, by the configuration's name.
    """
    print(f"\n{configuration.name}\n{HEADING}")
    with _alone(configuration) as stack:
        for found in steps(stack):
            print(row(found), flush=True)
            if holds(found):
                limits[configuration.name] = found
        kept = limits[configuration.name].rate if configuration.name in limits else 0.0
        print(f"the objective holds up to {kept:,.0f}/s; with {MANY:,} connections:")
        many = offer(stack, MANY_PER_S, MANY_S, "--connections", str(MANY))
        print(row(many), flush=True)
        yield in_time(configuration.name, many)
        for fault in configuration.faults:
            yield from fault(stack)


def in_time(name: str, found: Offered) -> Result:
    """Return whether many connections are answered within the objective."""
    seconds = personalization(found).p95
    return Result(
        f"{name}: P95, {MANY:,} connections, {MANY_PER_S:,.0f}/s",
        f"{1e3 * seconds:.1f} ms",
        f"{1e3 * OBJECTIVE_S:.0f} ms",
        float("inf") if found.report.failed else seconds / OBJECTIVE_S,
        1.0,
        at_most=True,
    )


def of_each_core(limits: Mapping[str, Offered]) -> Iterator[Result]:
    """Yield what two processes get out of the processor's time, against one, in turn.

    A request costs less the more there are, so both get as many: most of what both can bear.
    """
    if ONE not in limits or TWO not in limits:
        return
    rate = SHARE * min(limits[ONE].rate, limits[TWO].rate)
    with ExitStack() as ending:
        stacks = [
            ending.enter_context(_alone(one)) for one in CONFIGURATIONS if one.name in (ONE, TWO)
        ]
        for stack in stacks:
            offer(stack, rate, ROUND_S)
        pairs = [[per_core(offer(stack, rate, ROUND_S)) for stack in stacks] for _ in range(ROUNDS)]
    one, two = (median(values) for values in zip(*pairs, strict=True))
    ratio = median(two / one for one, two in pairs)
    what = f"requests per second of the services' own time, 2 against 1, at {rate:,.0f}/s"
    yield Result(what, f"{two:,.0f}", f"{one:,.0f}", ratio, 0.9)


@contextmanager
def _alone(configuration: Configuration) -> Iterator[Running]:
    with tempfile.TemporaryDirectory() as folder, running(configuration, Path(folder)) as stack:
        yield stack


def main() -> None:
    print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}")
    print("Latencies of GET /api/personalization, counted from when each was due.")
    limits: dict[str, Offered] = {}
    results = [result for one in CONFIGURATIONS for result in measure(one, limits)]
    results += of_each_core(limits)
    print(f"\n{RESULTS}")
    print("\n".join(result.row() for result in results))


if __name__ == "__main__":
    main()
