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
    from vitrine.deployment import compose_secrets, kubernetes_secret
    from vitrine.deployment.secrets import DATABASE, POSTGRES_PASSWORD
    from vitrine.monitoring.compose import COMPOSE_FILE
    from vitrine.monitoring.containers import GRAFANA_PASSWORD, SECRETS
    from vitrine.monitoring.kubernetes import kubernetes_secrets
    from vitrine.monitoring.secrets import secret_files
    from vitrine.operations.secret_files import write_secrets
    from vitrine.settings import Settings, SettingsError
    from vitrine.wiring.notifications import personal_of
    from vitrine.wiring.secrets import service_secrets

    settings = Settings.load(home=home)
    settings.make_home()
    files, own = secret_files(personal_of(settings)), service_secrets(settings)
    if target == "kubernetes":
        # A Secret without it would take the address from a service that runs.
        if not own[DATABASE]:
            raise SettingsError(
                f"{DATABASE}: names no server, and no pod of k8s/service starts without one;"
                " set it to postgresql://... for this command"
            )
        click.echo(f"{kubernetes_secrets(files)}---\n{kubernetes_secret(own)}", nl=False)
        return
    if not (root / COMPOSE_FILE).is_file():
        raise click.UsageError(f"{root} has no {COMPOSE_FILE}; name the repository with --root")
    files = {**files, **compose_secrets(own, settings.kept_secret(POSTGRES_PASSWORD.name))}
    write_secrets(root, files)
    click.echo(f"wrote {len(files)} files into {root / SECRETS}")
    click.echo(f"Grafana: admin, with the password in {settings.home / GRAFANA_PASSWORD.name}")
