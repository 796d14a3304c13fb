from __future__ import annotations

import asyncio
from pathlib import Path

import click

from vitrine.cli.failure import clear_errors
from vitrine.cli.options import home_option


@click.command()
@click.argument("state", type=click.Choice(["on", "off"]), required=False)
@home_option
@clear_errors
def command(state: str | None, home: Path | None) -> None:
    """Turn personalization off or on for everybody, or say which it is.

    A running service follows within a second; off, everybody gets the default page.
    """
    from vitrine.settings import Settings
    from vitrine.wiring.database import place_of
    from vitrine.wiring.home import off_switch

    settings = Settings.load(home=home)

    async def turn() -> bool:
        async with off_switch(settings) as switch:
            if state is not None:
                await switch.turn(on=state == "on")
            return switch.on

    word = "on" if asyncio.run(turn()) else "off"
    click.echo(f"personalization is {word} in {place_of(settings)}")
