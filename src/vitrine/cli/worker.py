from __future__ import annotations

import logging
from pathlib import Path

import click

from vitrine.cli.failure import clear_errors
from vitrine.cli.options import home_option, site_option


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address of its metrics.")
@click.option(
    "--metrics-port",
    default=8001,
    show_default=True,
    type=click.IntRange(1, 65535),
    help="Port on which it answers /metrics and /health.",
)
@home_option
@site_option
@clear_errors
def command(host: str, metrics_port: int, home: Path | None, site: str | None) -> None:
    """Do the jobs in PostgreSQL until asked to stop; several workers share them."""
    from vitrine.adapters.jobs import is_news
    from vitrine.operations.server import claim, run
    from vitrine.settings import Settings
    from vitrine.telemetry.logs import LibraryRecords, plain_logging
    from vitrine.wiring.jobs import worker
    from vitrine.wiring.log import standard_log

    settings = Settings.load(home=home, site=site)
    settings.make_home()
    claim(host, metrics_port, "--host or --metrics-port")
    log = standard_log(settings)
    records = LibraryRecords(log)
    records.addFilter(is_news)
    records.install()
    for noisy in ("alembic", "procrastinate"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    try:
        run(worker(settings, log), host, metrics_port, plain_logging())
    finally:
        log.close()
