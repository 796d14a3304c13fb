from __future__ import annotations

import click

from vitrine.cli.failure import clear_errors


@click.command()
@click.argument("account")
@clear_errors
def command(account: str) -> None:
    """Print the signed id of ACCOUNT, as your own server makes it with VITRINE_ACCOUNT_KEYS.

    Whoever has it is that visitor: it belongs into the pages of that account alone.
    """
    from vitrine.settings import Settings, SettingsError
    from vitrine.usecases.proof import account_id

    keys = Settings.load().keys_of_accounts
    if not keys:
        raise SettingsError(
            "VITRINE_ACCOUNT_KEYS: is not set; `openssl rand -hex 32` makes a key"
            " for your server and this setting"
        )
    try:
        click.echo(account_id(account, keys[0]))
    except ValueError as problem:
        raise click.UsageError(f"ACCOUNT {problem}") from None
