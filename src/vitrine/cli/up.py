from __future__ import annotations

import asyncio
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from vitrine.cli.access_log import access_log
from vitrine.cli.console import password_line
from vitrine.cli.failure import clear_errors
from vitrine.cli.options import home_option, site_option, workers_option
from vitrine.cli.replay import Speed
from vitrine.cli.together import require_shared_database

if TYPE_CHECKING:
    from vitrine.operations.alertmanager import Alertmanager
    from vitrine.operations.prometheus import LongTerm, Prometheus
    from vitrine.settings import Settings


def _finite(_context: click.Context, _option: click.Parameter, value: float | None) -> float | None:
    if value is not None and not 0 < value < math.inf:
        raise click.BadParameter(f"{value:g} is no number of seconds above 0")
    return value


@click.command()
@click.option("--log", "log", help="Replay this access log instead of simulating visitors.")
@site_option
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535))
@workers_option
@click.option(
    "--prometheus-port",
    default=9090,
    show_default=True,
    type=click.IntRange(1, 65535),
    help="Where the Prometheus beside the service listens, on 127.0.0.1.",
)
@click.option(
    "--alertmanager-port",
    default=9093,
    show_default=True,
    type=click.IntRange(1, 65535),
    help="Where the Alertmanager beside it listens, on 127.0.0.1.",
)
@click.option(
    "--long-term-port",
    default=9091,
    show_default=True,
    type=click.IntRange(1, 65535),
    help="Where the Prometheus that keeps records for a year listens, on 127.0.0.1.",
)
@click.option("--no-prometheus", is_flag=True, help="Start no Prometheus and no Alertmanager.")
@click.option(
    "--speed", type=Speed(), default="600", show_default=True, help="How fast a log is replayed."
)
@click.option("--for", "seconds", type=float, callback=_finite, help="End after this many seconds.")
@home_option
@clear_errors
def command(
    *,
    log: str | None,
    site: str | None,
    host: str,
    port: int,
    workers: int,
    prometheus_port: int,
    alertmanager_port: int,
    long_term_port: int,
    no_prometheus: bool,
    speed: float,
    seconds: float | None,
    home: Path | None,
) -> None:
    """Run everything, with live traffic to look at, until Ctrl-C.

    Simulated visitors and replayed logs live in a home of their own inside the given one, and
    never mix with real data: DATABASE_URL, REDIS_URL and VITRINE_SECRET say nothing of it.
    """
    from vitrine.operations.server import claim
    from vitrine.operations.up import Show, show
    from vitrine.settings import Settings
    from vitrine.wiring.models import models_line
    from vitrine.wiring.notifications import told_line

    ports = (port, prometheus_port, alertmanager_port, long_term_port)
    if not no_prometheus and len(set(ports)) < len(ports):
        raise click.UsageError(
            "--port, --prometheus-port, --alertmanager-port and --long-term-port must differ"
        )
    settings = Settings.load(home=home, site=site)
    _check(settings.site, log)
    claim(host, port)
    own = settings.keep_apart("replayed" if log else "simulated")
    if workers > 1:
        require_shared_database(own, "VITRINE_SIMULATED_DATABASE_URL")
    prometheus = _prometheus(own, prometheus_port, wanted=not no_prometheus)
    plan = Show(
        home=own.home,
        site=own.site,
        host=host,
        port=port,
        workers=workers,
        log=log,
        speed=speed,
        seconds=seconds,
        prometheus=prometheus,
        alertmanager=prometheus
        if isinstance(prometheus, str)
        else _alertmanager(own, alertmanager_port),
        long_term=None if isinstance(prometheus, str) else _long_term(prometheus, long_term_port),
        models=models_line(own),
        told=told_line(own),
        public_url=settings.public_url if "public_url" in settings.model_fields_set else None,
        password=password_line(own, shown=sys.stdout.isatty()),
    )
    if not asyncio.run(show(plan)):
        sys.exit(1)


def _check(site: str, log: str | None) -> None:
    """Find mistakes before anything starts that would stumble over them."""
    from vitrine.adapters.log_file import STANDARD_INPUT
    from vitrine.adapters.site_file import find_site, load_site

    load_site(find_site(site))
    if log == STANDARD_INPUT:
        raise click.BadParameter("it must be a file, not standard input", param_hint="'--log'")
    if log is not None:
        with access_log(log):
            pass


def _prometheus(settings: Settings, port: int, *, wanted: bool) -> Prometheus | str:
    """Return the Prometheus to start, or why there is none."""
    from vitrine.operations.prometheus import HOST, LEFT_OUT, MISSING, Prometheus, find_prometheus
    from vitrine.operations.server import claim

    if not wanted:
        return LEFT_OUT
    binary = find_prometheus()
    if binary is None:
        return MISSING
    claim(HOST, port, "--prometheus-port, or leave it out with --no-prometheus")
    return Prometheus(binary, settings.home / "prometheus", port, settings.token_for_metrics())


def _long_term(prometheus: Prometheus, port: int) -> LongTerm:
    """Return the store to start beside a Prometheus."""
    from vitrine.operations.prometheus import HOST, LongTerm
    from vitrine.operations.server import claim

    claim(HOST, port, "--long-term-port, or leave it out with --no-prometheus")
    return LongTerm(prometheus.binary, prometheus.home.with_name("long-term"), port)


def _alertmanager(settings: Settings, port: int) -> Alertmanager | str:
    """Return the Alertmanager to start, or why there is none."""
    from vitrine.operations.alertmanager import HOST, MISSING, Alertmanager, find_alertmanager
    from vitrine.operations.server import claim
    from vitrine.wiring.notifications import notifications_of, secrets_of

    binary = find_alertmanager()
    if binary is None:
        return MISSING
    claim(HOST, port, "--alertmanager-port, or leave it out with --no-prometheus")
    told, secrets = notifications_of(settings), secrets_of(settings)
    return Alertmanager(binary, settings.home / "alertmanager", port, told, secrets)
