from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vitrine.cli.failure import clear_errors

if TYPE_CHECKING:
    from vitrine.catalogue.drill import Drill
    from vitrine.operations.drill import Outcome

AT_ONCE = 4
"""Stacks side by side: more starve two cores, and scrapes come late."""

WIDTH = 130
"""A narrower table would cut the names of alerts."""


@click.command()
@click.argument("names", nargs=-1, metavar="[ALERT|FAULT]...")
@click.option("--list", "listed", is_flag=True, help="Show the drills and hold none.")
@click.option("--json", "as_json", is_flag=True, help="Print what happened as JSON.")
@click.option("--healthy", is_flag=True, help="Do nothing wrong, and prove that nothing fires.")
@click.option(
    "--for",
    "seconds",
    type=click.FloatRange(min=60),
    help="With --healthy: so many seconds in true time, not a short while in compressed time.",
)
@click.option(
    "--at-once",
    default=AT_ONCE,
    show_default=True,
    type=click.IntRange(1, AT_ONCE),
    help="How many drills are held side by side.",
)
@clear_errors
def command(
    *,
    names: tuple[str, ...],
    listed: bool,
    as_json: bool,
    healthy: bool,
    seconds: float | None,
    at_once: int,
) -> None:
    """Prove that alerts fire, arrive and resolve: all, or those that are named.

    Each drill starts a service, a Prometheus and an Alertmanager of its own on free ports, does
    one fault on purpose, and waits for the messages and for their end. Nothing that runs on
    this machine is touched.
    """
    from rich.console import Console

    from vitrine.operations.drill import records, table

    if seconds is not None and not healthy:
        raise click.UsageError("--for goes with --healthy")
    if healthy:
        _stay_healthy(seconds, as_json=as_json)
        return
    drills = _chosen(names)
    if listed:
        for drill in drills:
            click.echo(f"{drill.name}: {drill.does}; raises {', '.join(drill.raises)}")
        return
    with tempfile.TemporaryDirectory(prefix="vitrine-drill-") as home:
        outcomes = asyncio.run(_hold(drills, Path(home), at_once, _say))
    if as_json:
        click.echo(json.dumps(records(outcomes), indent=2))
    else:
        Console(width=WIDTH).print(table(outcomes))
    if any(outcome.problems for outcome in outcomes):
        sys.exit(1)


def _stay_healthy(seconds: float | None, *, as_json: bool) -> None:
    from vitrine.operations.drill import stay_healthy

    with tempfile.TemporaryDirectory(prefix="vitrine-drill-") as home:
        health = asyncio.run(stay_healthy(Path(home), seconds, _say))
    if as_json:
        found = {"evaluations": health.evaluations, "problems": health.problems}
        click.echo(json.dumps({"seconds": health.seconds, **found}, indent=2))
    else:
        said = f"nothing fired in {health.seconds:.0f} s; each rule was evaluated at least"
        click.echo("\n".join(health.problems) or f"{said} {health.evaluations} times")
    if health.problems:
        sys.exit(1)


def _say(line: str) -> None:
    click.echo(line, err=True)


def _chosen(names: Sequence[str]) -> list[Drill]:
    from vitrine.catalogue.drills import DRILLS

    known = {name for drill in DRILLS for name in (drill.name, *drill.raises)}
    unknown = [name for name in names if name not in known]
    if unknown:
        raise click.BadParameter(
            f"there is no drill of {', '.join(unknown)}; `vitrine drill --list` shows them",
            param_hint="'ALERT'",
        )
    return [
        drill for drill in DRILLS if not names or {drill.name, *drill.raises}.intersection(names)
    ]


async def _hold(
    drills: Sequence[Drill], home: Path, at_once: int, say: Callable[[str], None]
) -> list[Outcome]:
    from vitrine.operations.drill import hold

    places = asyncio.Semaphore(at_once)

    async def one(drill: Drill) -> Outcome:
        async with places:
            say(f"{drill.name}: {drill.does}")
            outcome = await hold(
                drill, home / drill.name, lambda line: say(f"{drill.name}: {line}")
            )
            verdict = "; ".join(outcome.problems) or "passed"
            say(f"{drill.name}: {verdict} ({outcome.seconds:.0f} s)")
            return outcome

    async with asyncio.TaskGroup() as group:  # whatever happens, each ends its own stack
        held = [group.create_task(one(drill)) for drill in drills]
    return [task.result() for task in held]
