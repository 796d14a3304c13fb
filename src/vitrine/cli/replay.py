from __future__ import annotations

import asyncio
import json
import math
import secrets
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from vitrine.cli.access_log import access_log
from vitrine.cli.failure import clear_errors
from vitrine.cli.options import site_option

if TYPE_CHECKING:
    from vitrine.adapters.log_file import LogFile
    from vitrine.cli.receipt import Row
    from vitrine.operations.replay import Replay, ReplayReceipt

KEY_BYTES = 32
STOPPED = 130


class Speed(click.ParamType[float]):
    """How many times as fast: a number above 0, or max, which is infinity."""

    name = "N|max"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        try:
            speed = math.inf if value == "max" else float(value)
        except ValueError:
            speed = math.nan
        if not speed > 0:
            self.fail(f"{value!r} is neither a number above 0 nor max", param, ctx)
        return speed


@click.command()
@click.argument("file")
@click.option("--url", default="http://127.0.0.1:8000", show_default=True, help="The service.")
@site_option
@click.option(
    "--speed", type=Speed(), default="1", show_default=True, help="How many times as fast."
)
@click.option("--limit", type=click.IntRange(min=1), help="Stop after so many events.")
@click.option("--json", "as_json", is_flag=True, help="Print the receipt as JSON.")
@clear_errors
def command(
    file: str, url: str, site: str | None, speed: float, limit: int | None, *, as_json: bool
) -> None:
    """Send an access log as live traffic to a running service, its first hour being now.

    Each hour's lines are spread evenly over it in file order. Ctrl-C ends it with a receipt.
    """
    from vitrine.adapters.crawlers import CrawlerList
    from vitrine.adapters.site_file import find_site, load_site
    from vitrine.domain.pseudonym import Pseudonyms
    from vitrine.operations.replay import Replay
    from vitrine.operations.traffic import TrafficError
    from vitrine.settings import Settings

    loaded = load_site(find_site(Settings.load(site=site).site))
    # A key of this run alone: its visitors are new, and nobody can tell who they were.
    pseudonyms = Pseudonyms(secrets.token_bytes(KEY_BYTES), loaded.id)
    replay = Replay(loaded, pseudonyms, CrawlerList())
    stopped = False
    with access_log(file) as log:
        try:
            asyncio.run(_with_progress(replay, log, url, speed, limit))
        except KeyboardInterrupt:
            stopped = True
        _show(replay.receipt, log.name, as_json=as_json)
    if stopped:
        sys.exit(STOPPED)
    if replay.receipt.tally.all_refused:
        raise TrafficError(f"the service at {url} refused everything that was sent")


async def _with_progress(
    replay: Replay, log: LogFile, url: str, speed: float, limit: int | None
) -> None:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    receipt = replay.receipt
    console = Console(stderr=True)
    columns = (
        TextColumn("Lines"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[answered]} events answered"),
    )
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("", total=None, answered=0)

        def tell() -> None:
            bar.update(
                task,
                total=receipt.lines,
                completed=receipt.gone_through,
                answered=receipt.tally.events,
            )

        await replay.run(log, url, speed=speed, limit=limit, told=tell)


def _show(receipt: ReplayReceipt, name: str, *, as_json: bool) -> None:
    from vitrine.cli.receipt import show

    if as_json:
        click.echo(json.dumps(receipt.as_dict()))
    else:
        show(f"Replayed {name}", _rows(receipt))


def _rows(receipt: ReplayReceipt) -> Iterable[Row]:
    from vitrine.cli.receipt import malformed_rows
    from vitrine.domain.log_line import LineKind

    yield "lines", receipt.lines
    yield "  events sent", receipt.sent
    for (result, reason), events in receipt.tally.receipts.most_common():
        yield f"    {result} {reason or ''}".rstrip(), events
    if receipt.unanswered:
        yield "    unanswered when it was stopped", receipt.unanswered
    yield "  of bots that a service cannot see", receipt.bots.total()
    for bot, lines in receipt.bots.most_common():
        yield f"    {bot.value}", lines
    yield "  assets", receipt.others[LineKind.ASSET]
    yield "  feeds", receipt.others[LineKind.FEED]
    yield "  files for machines", receipt.others[LineKind.MACHINE]
    yield "  no page shown (method or status)", receipt.others[LineKind.NOT_A_PAGE]
    yield "  pages that no rule of the site names", receipt.others[LineKind.UNMAPPED]
    yield from malformed_rows(receipt.malformed, receipt.malformed_lines)
    yield "  not reached", receipt.not_reached
