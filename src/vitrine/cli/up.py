from __future__ import annotations

import asyncio
from pathlib import Path

import click

from vitrine.cli.failure import clear_errors
from vitrine.cli.options import home_option, site_option


@click.command()
@click.option("--log", "log", help="Replay this access log instead of simulating visitors.")
@site_option
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@click.option("--speed", default=60.0, show_default=True, help="How fast a log is replayed.")
@click.option("--for", "seconds", type=float, help="End after this many seconds.")
@home_option
@clear_errors
def command(
    log: str | None,
    site: str | None,
    host: str,
    port: int,
    speed: float,
    seconds: float | None,
    home: Path | None,
) -> None:
    """Run everything, with live traffic to look at, until Ctrl-C.

    Simulated visitors and replayed logs live in a home of their own inside the given one,
    and never mix with real data.
    """
    from vitrine.operations.server import claim
    from vitrine.operations.up import Show, show
    from vitrine.settings import Settings

    settings = Settings.load(home=home, site=site)
    claim(host, port)
    plan = Show(
        home=settings.home / ("replayed" if log else "simulated"),
        site=settings.site,
        host=host,
        port=port,
        log=log,
        speed=speed,
        seconds=seconds,
    )
    plan.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    asyncio.run(show(plan))
