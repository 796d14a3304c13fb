from __future__ import annotations

from pathlib import Path

import click

from vitrine.cli.failure import clear_errors
from vitrine.cli.options import home_option, site_option
from vitrine.cli.parts import part, verify_at

PLACE = click.Path(path_type=Path, file_okay=False)


def _new_key(context: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if not wanted:
        return
    from vitrine.operations.backup import new_key

    click.echo(new_key())
    context.exit()


@click.command()
@click.argument("place", metavar="DIRECTORY", type=click.Path(path_type=Path))
@home_option
@site_option
@click.option("--prometheus", help="The Prometheus (VITRINE_PROMETHEUS_URL).")
@click.option("--long-term", help="The long-term store, if not the one that Prometheus writes to.")
@click.option("--grafana", help="The Grafana (GRAFANA_URL, else where one runs on port 3000).")
@click.option(
    "--alertmanager", help="The Alertmanager (VITRINE_ALERTMANAGER_URL, else one on port 9093)."
)
@click.option("--prometheus-data", type=PLACE, help="Where its data is seen from here.")
@click.option("--long-term-data", type=PLACE, help="The same of the long-term store.")
@click.option(
    "--without",
    multiple=True,
    type=click.Choice(["prometheus", "long-term", "grafana", "alertmanager"]),
    help="Leave a part out; may be given several times.",
)
@click.option(
    "--keep",
    type=click.IntRange(1),
    help="Remove all but the newest KEEP verified archives of this home from DIRECTORY.",
)
@click.option(
    "--verify",
    "only_verify",
    is_flag=True,
    help="Make none: restore that archive, or the newest in that directory, and compare.",
)
@click.option(
    "--new-key",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_new_key,
    help="Print a new key for BACKUP_KEY, and do nothing else.",
)
@clear_errors
def command(
    *,
    place: Path,
    home: Path | None,
    site: str | None,
    prometheus: str | None,
    long_term: str | None,
    grafana: str | None,
    alertmanager: str | None,
    prometheus_data: Path | None,
    long_term_data: Path | None,
    without: tuple[str, ...],
    keep: int | None,
    only_verify: bool,
) -> None:
    """Make one archive of metrics, dashboards, silences, database and secrets in DIRECTORY.

    It is restored at once and compared; only then it is "verified", and the exit code 0. A
    running service is not disturbed. With BACKUP_KEY set, the archive is encrypted.
    """
    from vitrine.operations.backup import back_up, remove_older
    from vitrine.settings import Settings
    from vitrine.wiring.backup import plan_of

    settings = Settings.load(
        home=home,
        site=site,
        prometheus_url=prometheus,
        grafana_url=grafana,
        alertmanager_url=alertmanager,
    )
    if only_verify and keep is not None:
        raise click.UsageError("--verify makes no archive and removes none; leave out --keep")
    if only_verify:
        verify_at(place, settings)
        return
    if place.exists() and not place.is_dir():
        raise click.UsageError(f"{place} is a file; name a directory, or --verify it")
    named = {"prometheus": prometheus_data, "long-term": long_term_data}
    data = {name: path for name, path in named.items() if path is not None}
    plan = plan_of(settings, without, long_term, data)
    archive = back_up(plan, place, lambda name, words: click.echo(part(name, words)))
    size = archive.stat().st_size / 1e6
    click.echo(part("verified", f"{archive} ({size:.1f} MB): restored, and the same"))
    if keep is not None:
        for old in remove_older(place, plan.owner, keep):
            click.echo(part("removed", str(old)))
