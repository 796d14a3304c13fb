from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vitrine.cli.failure import clear_errors
from vitrine.cli.options import home_option
from vitrine.cli.report_visitors import visitors

if TYPE_CHECKING:
    from vitrine.operations.report import Report
    from vitrine.settings import Settings

PERIODS = {
    "daily": "What is out of order, and five numbers.",
    "weekly": "Also disk with a forecast, series, scrapes, rules, and every table.",
    "monthly": "Also the alerts that never fired, and the panels that show nothing.",
    "quarterly": "Also the dashboards that nobody opened.",
}
HELP = ("-h", "--help")


class _VisitorsUnlessNamed(click.Group):
    """A call that names no report means the one on visitors."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] not in HELP):
            args = ["visitors", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_VisitorsUnlessNamed)
def command() -> None:
    """Report on the visitors of the last days, or on what runs in a period.

    Without a name it is `visitors`. The others need no running service, only Prometheus.
    """


command.add_command(visitors)


def _of(name: str, says: str) -> click.Command:
    """Return the command of one period."""

    @click.command(name, help=f"{says} The exit code says nothing of what is in it.")
    @click.option("--prometheus", help="The Prometheus to ask (VITRINE_PROMETHEUS_URL).")
    @click.option("--json", "as_json", is_flag=True, help="Print JSON.")
    @click.option(
        "--html", type=click.Path(path_type=Path, dir_okay=False), help="Write one HTML file."
    )
    @click.option("--email", is_flag=True, help="Mail it to ALERT_EMAIL_TO, by SMTP_HOST.")
    @click.option(
        "--grafana-log",
        type=click.Path(path_type=Path, exists=True, dir_okay=False),
        help="Grafana's log of requests, to know who opens dashboards there.",
    )
    @click.option(
        "--backups",
        type=click.Path(path_type=Path, exists=True, file_okay=False),
        help="Where backups are kept, to know how old the last one is.",
    )
    @home_option
    @clear_errors
    def reported(
        *,
        prometheus: str | None,
        as_json: bool,
        html: Path | None,
        email: bool,
        grafana_log: Path | None,
        backups: Path | None,
        home: Path | None,
    ) -> None:
        from vitrine.operations.report import Period, make
        from vitrine.settings import Settings
        from vitrine.wiring.report import subject_of

        settings = Settings.load(home=home, prometheus_url=prometheus)
        if email and settings.alert_email_to is None:
            raise click.UsageError("nobody is named to mail the report to: set ALERT_EMAIL_TO")
        report = make(subject_of(settings, Period(name), grafana_log, backups))
        _hand_over(report, settings, html=html, email=email, as_json=as_json)

    return reported


for _name, _says in PERIODS.items():
    command.add_command(_of(_name, _says))


def _hand_over(
    report: Report, settings: Settings, *, html: Path | None, email: bool, as_json: bool
) -> None:
    from vitrine.operations.report import document, page, send
    from vitrine.wiring.report import post_of

    if html is not None:
        _write(html, page(report))
    if email:
        send(report, post_of(settings))
    if as_json:
        click.echo(json.dumps(document(report), indent=2, ensure_ascii=False))
    elif html is None and not email:
        _show(report)
    if html is not None:
        click.echo(f"written to {html}", err=True)
    if email:
        click.echo(f"mailed to {settings.alert_email_to}", err=True)


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as problem:
        raise click.UsageError(f"{path} cannot be written: {problem.strerror}") from None


def _show(report: Report) -> None:
    from rich.console import Console

    from vitrine.operations.report import show

    console: Any = Console(emoji=False)
    if not console.is_terminal:
        from vitrine.operations.report import as_text

        click.echo(as_text(report), nl=False)
        return
    show(report, console)
