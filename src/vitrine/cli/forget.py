from __future__ import annotations

import asyncio
from pathlib import Path

import click

from vitrine.cli.failure import clear_errors
from vitrine.cli.options import home_option, site_option


@click.command()
@click.argument("who", metavar="ID")
@home_option
@site_option
@clear_errors
def command(who: str, home: Path | None, site: str | None) -> None:
    """Erase all that is kept of the visitor with this ID, or with this pseudonym.

    Where a service runs on the home, it does the erasing, because it also keeps visits at
    hand. Services on other homes of the same PostgreSQL believe what they have at hand for a
    second at most. The files of the home are searched for the pseudonym before it is said to be
    done. A mark that the visitor switched everything off stays.
    """
    from vitrine.operations.erasing import NotErasedError, erase_through
    from vitrine.operations.home_lock import HomeInUseError, hold_home
    from vitrine.settings import Settings
    from vitrine.wiring.visitors import forget_in, traces_of

    settings = Settings.load(home=home, site=site)
    settings.require_home()
    settings.require_key()
    settings.make_home()  # on PostgreSQL there need not be one yet
    try:
        with hold_home(settings.home):
            visits, events = asyncio.run(forget_in(settings, who))
    except HomeInUseError as held:
        if not held.url:
            raise
        visits, events = erase_through(held.url, settings.token_for_admin(), who)
    left = asyncio.run(traces_of(settings, who))
    if left:
        raise NotErasedError(f"still named in {', '.join(map(str, left))}; ask again")
    click.echo(f"erased (visits: {visits}, events: {events})")
