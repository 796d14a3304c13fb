"""The command line: one file per command, each imported only when it is called."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any, NoReturn

import click

from vitrine.cli.collector import collect_seldom

COMMANDS = {
    "analyse": "Refresh what each segment is shown from what its visitors use.",
    "backup": "Back up metrics, dashboards, database and secrets, and prove it.",
    "check": "Check a site file and show what a visitor of each segment would get.",
    "check-rules": "Check rule files of your own by what Prometheus would answer wrongly.",
    "doctor": "Look at every part of the monitoring, and say what to do.",
    "drill": "Prove that alerts fire, arrive and resolve, on a stack of their own.",
    "export": "Print all that is kept of a visitor.",
    "forget": "Erase all that is kept of a visitor.",
    "generate": "Write the generated files, or check that they are current.",
    "import": "Import a web server's access log.",
    "logs": "Show, search and follow the service's log.",
    "migrate": "Bring the database to this version's schema.",
    "preview": "Show the page as a segment sees it; nothing is counted.",
    "replay": "Send an access log as live traffic to a running service.",
    "report": "Report on visitors, or on what runs: daily, weekly, monthly, quarterly.",
    "restore": "Make a new home of a backup, or only compare what is in it.",
    "schema": "Print the JSON Schema of site.yaml.",
    "secrets": "Make what is personal for Compose or Kubernetes, from the settings.",
    "serve": "Run the service.",
    "sign": "Print the signed id of an account of the site.",
    "simulate": "Make visitors, as traffic, as JSON lines or as an access log.",
    "slo": "Show each objective with what is left of its budget.",
    "switch": "Turn personalization off or on for everybody, at once.",
    "up": "Run everything, with live traffic to look at.",
    "worker": "Do the jobs in PostgreSQL, beside services.",
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = import_module(
            "vitrine.cli.import_"
            if cmd_name == "import"
            else f"vitrine.cli.{cmd_name.replace('-', '_')}"
        )
        command: click.Command = module.command
        return command

    def main(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Run; a wrong call ends with one line that names the help, and exit code 2."""
        # numpy's threads would wait for one another by spinning, on cores that answer visitors.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        collect_seldom()
        try:
            code = super().main(*args, **{**kwargs, "standalone_mode": False})
        except click.exceptions.NoArgsIsHelpError as asked:
            click.echo(asked.format_message())
            sys.exit(2)
        except click.ClickException as problem:
            context = getattr(problem, "ctx", None)
            path = context.command_path if context else "vitrine"
            message = problem.format_message().replace("\n", " ")
            click.echo(f"{path}: {message} (see {path} --help)", err=True)
            sys.exit(problem.exit_code)
        except click.Abort:
            sys.exit(130)
        sys.exit(code if isinstance(code, int) else 0)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


@click.command(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="vitrine")
def main() -> None:
    """Vitrine makes a website adapt to who is visiting, inside the first visit."""
