from __future__ import annotations

from pathlib import Path

import click

from vitrine.cli.failure import clear_errors
from vitrine.cli.options import home_option


@click.command()
@click.argument("target", type=click.Choice(["compose", "kubernetes"]))
@home_option
@click.option(
    "--root", type=click.Path(path_type=Path, exists=True), default=Path(), help="The repository."
)
@clear_errors
def command(target: str, home: Path | None, root: Path) -> None:
    """Make what is personal for Compose or Kubernetes, from the settings.

    For Compose, files in deploy/secrets/; for Kubernetes, Secrets on standard output, to be
    piped into `kubectl apply -f -`.
    """
    from vitrine.monitoring.compose import COMPOSE_FILE
    from vitrine.monitoring.containers import GRAFANA_PASSWORD, SECRETS
    from vitrine.monitoring.kubernetes import kubernetes_secrets
    from vitrine.monitoring.secrets import secret_files
    from vitrine.operations.secret_files import write_secrets
    from vitrine.settings import Settings
    from vitrine.wiring.notifications import personal_of

    settings = Settings.load(home=home)
    settings.make_home()
    files = secret_files(personal_of(settings))
    if target == "kubernetes":
        click.echo(kubernetes_secrets(files), nl=False)
        return
    if not (root / COMPOSE_FILE).is_file():
        raise click.UsageError(f"{root} has no {COMPOSE_FILE}; name the repository with --root")
    write_secrets(root, files)
    click.echo(f"wrote {len(files)} files into {root / SECRETS}")
    click.echo(f"Grafana: admin, with the password in {settings.home / GRAFANA_PASSWORD.name}")
