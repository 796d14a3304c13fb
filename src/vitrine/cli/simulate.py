from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TextIO

import click

from vitrine.cli.failure import clear_errors
from vitrine.cli.options import site_option

if TYPE_CHECKING:
    from vitrine.domain.site import Site
    from vitrine.operations.traffic import Sendable, Tally

LOG_START = datetime(2025, 1, 1, tzinfo=UTC)
"""A fixed day, so that a seed gives the same log on every day."""


@click.command()
@site_option
@click.option("--visitors", type=click.IntRange(1), help="How many visitors.  [default: 100]")
@click.option("--seed", default=1, show_default=True, help="The same seed, the same visitors.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["jsonl", "combined"]),
    help="Print a visitor a line as JSON (the default), or an access log.",
)
@click.option("--lines", type=click.IntRange(2), help="Lines of the log.  [default: 10000]")
@click.option("--output", type=click.File("w"), default="-", help="A file instead of the screen.")
@click.option("--url", help="Send the visits to a running service instead of printing them.")
@click.option(
    "--rate", default=1.0, show_default=True, type=click.FloatRange(0.001, 1000), help="Visits/s."
)
@click.option(
    "--speed",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0.1, 1000),
    help="How many times faster than life a sent visit goes.",
)
@click.option("--forever", is_flag=True, help="Send without end, through outages of the service.")
@clear_errors
def command(
    *,
    site: str | None,
    visitors: int | None,
    seed: int,
    form: str | None,
    lines: int | None,
    output: TextIO,
    url: str | None,
    rate: float,
    speed: float,
    forever: bool,
) -> None:
    """Make visitors: as JSON lines, as an access log, or as live traffic (--url)."""
    _check(url, form, lines, visitors, forever=forever)
    declared = _site(site)
    if url is not None:
        from vitrine.operations.simulated_traffic import schedule

        run = f"{datetime.now(UTC):%Y%m%d%H%M%S%f}"
        wanted = None if forever else visitors or 100
        sendables = schedule(declared, seed, run, rate=rate, speed=speed, visitors=wanted)
        _send(url, sendables, forever=forever)
        return
    made = (
        _log(declared, seed, lines or 10_000)
        if form == "combined"
        else _json_lines(declared, seed, visitors or 100)
    )
    output.writelines(line + "\n" for line in made)


def _check(
    url: str | None, form: str | None, lines: int | None, visitors: int | None, *, forever: bool
) -> None:
    if url is None and forever:
        raise click.UsageError("--forever sends traffic: say where with --url")
    if url is not None and (form is not None or lines is not None):
        raise click.UsageError("--url sends the visits: leave out --format and --lines")
    if lines is not None and form != "combined":
        raise click.UsageError("--lines counts lines of a log: add --format combined")
    if visitors is not None and (forever or form == "combined"):
        other = "--forever has no end" if forever else "a log is measured by --lines"
        raise click.UsageError(f"{other}: leave out --visitors")
    if url is not None and not url.startswith(("http://", "https://")):
        raise click.UsageError("--url must begin with http:// or https://")


def _site(named: str | None) -> Site:
    from vitrine.adapters.site_file import find_site, load_site
    from vitrine.settings import Settings

    return load_site(find_site(Settings.load(site=named).site))


def _json_lines(site: Site, seed: int, visitors: int) -> Iterator[str]:
    from vitrine.usecases.simulate import simulate

    for number, visitor in enumerate(simulate(site, seed, visitors)):
        user_id = f"simulated-{seed}-{number}"
        events = [
            {**event.body, "user_pseudo_id": user_id, "after_ms": event.after_ms}
            for event in visitor.events
        ]
        yield json.dumps({"kind": visitor.kind, "style": visitor.style, "events": events})


def _log(site: Site, seed: int, lines: int) -> Iterator[str]:
    from vitrine.usecases.simulate_log import UnmappedSiteError, access_log

    try:
        return access_log(site, seed, lines, LOG_START)
    except UnmappedSiteError as problem:
        raise click.UsageError(str(problem)) from None


def _send(url: str, sendables: Iterator[Sendable], *, forever: bool) -> None:
    import asyncio

    from rich.console import Console

    from vitrine.operations.traffic import Tally, send

    console = Console(stderr=True)
    latest = Tally()
    with console.status("Simulated visitors are on their way") as status:

        def told(tally: Tally) -> None:
            nonlocal latest
            latest = tally
            status.update(_summary(tally))

        try:
            latest = asyncio.run(send(url, sendables, keep_trying=forever, told=told))
        except KeyboardInterrupt:
            console.print("Stopped.")
    click.echo(_summary(latest))


def _summary(tally: Tally) -> str:
    results = ", ".join(
        f"{count:,} {result}" + (f" ({reason})" if reason else "")
        for (result, reason), count in sorted(
            tally.receipts.items(), key=lambda item: (-item[1], str(item[0]))
        )
    )
    again = f"; tried again {tally.retries:,} times" if tally.retries else ""
    return f"simulated events: {results or 'none yet'}{again}"
