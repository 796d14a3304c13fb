from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vitrine.cli.access_log import access_log
from vitrine.cli.failure import clear_errors
from vitrine.cli.options import home_option, site_option

if TYPE_CHECKING:
    from vitrine.adapters.log_file import LogFile
    from vitrine.cli.receipt import Row
    from vitrine.settings import Settings
    from vitrine.usecases.import_receipt import ImportReceipt

MOST_COUNTS = 10


@click.command()
@click.argument("file")
@home_option
@site_option
@click.option("--json", "as_json", is_flag=True, help="Print the receipt as JSON.")
@clear_errors
def command(file: str, home: Path | None, site: str | None, *, as_json: bool) -> None:
    """Import a web server's access log: common or combined, plain or gzipped, "-" for stdin.

    Importing the same lines again adds nothing.
    """
    from vitrine.cli.receipt import show
    from vitrine.settings import Settings

    settings = Settings.load(site=site, home=home)
    with access_log(file) as log:
        receipt = asyncio.run(_import(log, settings))
        if as_json:
            click.echo(json.dumps(receipt.as_dict()))
        else:
            show(f"Imported {log.name}", [*_line_rows(receipt), *_visit_rows(receipt)])


async def _import(log: LogFile, settings: Settings) -> ImportReceipt:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    from vitrine.usecases.import_log import ROUNDS
    from vitrine.wiring.home import importer

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    bar = Progress(
        *columns,
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    async with importer(settings) as import_log:
        with bar:
            task = bar.add_task("Reading twice", total=ROUNDS * log.size)
            return await import_log(log, lambda _lines: bar.update(task, completed=log.bytes_read))


def _line_rows(receipt: ImportReceipt) -> Iterable[Row]:
    from vitrine.cli.receipt import malformed_rows
    from vitrine.domain.log_line import LineKind

    yield "lines", receipt.lines
    yield "  events stored", receipt.accepted
    yield "  events that were there before", receipt.duplicates
    yield "  of bots", receipt.bots.total()
    for (reason, category), lines in receipt.bots.most_common():
        yield f"    {reason.value} {category}".rstrip(), lines
    yield "  assets", receipt.others[LineKind.ASSET]
    yield "  feeds", receipt.others[LineKind.FEED]
    yield "  files for machines", receipt.others[LineKind.MACHINE]
    yield "  no page shown (method or status)", receipt.others[LineKind.NOT_A_PAGE]
    yield "  pages that no rule of the site names", receipt.others[LineKind.UNMAPPED]
    for prefix, lines in receipt.unmapped_prefixes:
        yield f"    {prefix}", lines
    yield from malformed_rows(receipt.malformed, receipt.malformed_lines)


def _visit_rows(receipt: ImportReceipt) -> Iterable[Row]:
    yield "visitors", receipt.visitors
    yield "visits that grew", receipt.visits
    yield "  decided", receipt.decided.total()
    for segment, visits in receipt.decided.most_common():
        yield f"    {segment}", visits
    for events, visits in sorted(receipt.decided_after.items())[:MOST_COUNTS]:
        yield f"    after {events} event{'s' if events > 1 else ''}", visits
    share = receipt.decided_in_first_visit
    if share is not None:
        yield "  first visits that were decided", f"{share:.1%}"
    if receipt.first_at is not None and receipt.last_at is not None:
        yield "from", _time(receipt.first_at)
        yield "to", _time(receipt.last_at)


def _time(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"
