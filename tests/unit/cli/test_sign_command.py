from __future__ import annotations

from click.testing import CliRunner, Result

from vitrine.cli import main
from vitrine.usecases.proof import account_id

FIRST, SECOND = "the key of the site's own server", "the one that it used until yesterday"


def sign(account: str, keys: str) -> Result:
    env = {"VITRINE_ACCOUNT_KEYS": keys}
    return CliRunner().invoke(main, ["sign", account], prog_name="vitrine", env=env)


def test_an_account_is_signed_with_the_first_key() -> None:
    result = sign("ada", f"{FIRST}, {SECOND}")
    assert (result.exit_code, result.stdout) == (0, account_id("ada", FIRST.encode()) + "\n")


def test_without_a_key_it_is_said_how_to_make_one() -> None:
    result = sign("ada", "")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "VITRINE_ACCOUNT_KEYS: is not set; `openssl rand -hex 32`" in result.stderr


def test_a_key_that_could_be_guessed_is_refused() -> None:
    result = sign("ada", "secret")
    assert result.exit_code == 1
    assert "VITRINE_ACCOUNT_KEYS: each key must have at least 32 characters" in result.stderr
    assert "secret" not in result.stderr.replace("characters", "")


def test_a_name_that_no_id_can_hold_is_a_wrong_call() -> None:
    result = sign("", FIRST)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "ACCOUNT must be a printable text of 1 to 60 characters" in result.stderr
