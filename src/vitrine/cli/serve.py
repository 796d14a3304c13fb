from __future__ import annotations

import logging
from pathlib import Path

import click

from vitrine.cli.console import introduce
from vitrine.cli.failure import clear_errors
from vitrine.cli.options import home_option, site_option, workers_option
from vitrine.cli.together import serve_together


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@workers_option
@home_option
@site_option
@clear_errors
def command(host: str, port: int, workers: int, home: Path | None, site: str | None) -> None:
    """Run the service until it is asked to stop."""
    from vitrine.operations.home_lock import hold_home
    from vitrine.operations.server import claim, reached_at, run
    from vitrine.settings import Settings
    from vitrine.telemetry.logs import LibraryRecords, plain_logging
    from vitrine.wiring.application import application
    from vitrine.wiring.log import log_file_problem, standard_log

    settings = Settings.load(home=home, site=site)
    settings.make_home()
    if workers > 1:
        serve_together(settings, host, port, workers)
    claim(host, port)
    with hold_home(settings.home, f"http://{reached_at(host, port)}"):
        introduce(settings, host, port)
        if problem := log_file_problem(settings):
            click.echo(problem, err=True)
        log = standard_log(settings)
        LibraryRecords(log).install()
        logging.getLogger("alembic").setLevel(logging.WARNING)
        try:
            run(application(settings, log), host, port, plain_logging(), log.recent.close)
        finally:
            log.close()
