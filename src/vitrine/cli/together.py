"""`vitrine serve --workers`: several processes on one port, and a supervisor over them."""

from __future__ import annotations

import asyncio
import logging
import sys
import tempfile
from typing import TYPE_CHECKING, NoReturn

import click

from vitrine.cli.console import introduce

if TYPE_CHECKING:
    from vitrine.settings import Settings


def require_shared_database(settings: Settings, setting: str = "DATABASE_URL") -> None:
    """Refuse several processes on a database that one alone may write; the setting names it."""
    if settings.postgres_url is None:
        raise click.UsageError(
            "--workers: several processes need a database that all of them may write;"
            f" set {setting}=postgresql://..., or leave --workers out"
        )


def serve_together(settings: Settings, host: str, port: int, workers: int) -> NoReturn:
    """Run the workers until asked to stop, and end with their exit code."""
    from vitrine.catalogue.metrics import CATALOGUE
    from vitrine.operations.home_lock import hold_home
    from vitrine.operations.server import free_port, listen_on, reached_at
    from vitrine.operations.workers.place import Place
    from vitrine.operations.workers.program import interpreter
    from vitrine.operations.workers.supervisor import Supervisor
    from vitrine.operations.workers.targets import scrape_targets
    from vitrine.telemetry.bindings import Telemetry
    from vitrine.telemetry.logs import LibraryRecords
    from vitrine.telemetry.registry import Registry
    from vitrine.wiring.log import standard_log

    require_shared_database(settings)
    ports = tuple(free_port() for _ in range(workers))
    with (
        hold_home(settings.home, f"http://{reached_at(host, port)}"),
        listen_on(host, port) as listener,
        scrape_targets(settings.home, ports),
        tempfile.TemporaryFile() as turn,
    ):
        introduce(settings, host, port)
        log = standard_log(settings, turn.fileno())
        LibraryRecords(log).install()
        logging.getLogger("asyncio").setLevel(logging.WARNING)
        places = [
            Place(number, ports, listener.fileno(), -1, turn.fileno())
            for number in range(1, workers + 1)
        ]
        # Nobody scrapes the supervisor: what it counts, its workers show.
        emit = Telemetry(log, Registry(CATALOGUE, {}, {}))

        python = interpreter()

        def command(place: Place) -> list[str]:
            home, site = str(settings.home), settings.site
            return [python(), "-m", "vitrine.cli.serving_place", place.written(), home, site]

        try:
            code = asyncio.run(Supervisor(command, places, emit).run())
        finally:
            log.close()
    sys.exit(code)
