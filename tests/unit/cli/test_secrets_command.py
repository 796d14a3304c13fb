from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner, Result

from vitrine.cli import main

WEBHOOK = "https://hooks.example.com/hush"
SERVER = "postgresql://vitrine:hush@db.example/vitrine"


@pytest.fixture(autouse=True)
def repository(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    Path("docker-compose.monitoring.yml").touch()


def secrets(*words: str, **env: str) -> Result:
    return CliRunner().invoke(main, ["secrets", *words], prog_name="vitrine", env=env)


def test_the_files_of_compose_are_written_with_the_tokens_of_the_home() -> None:
    result = secrets("compose", SLACK_WEBHOOK_URL=WEBHOOK)
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        "wrote 14 files into deploy/secrets",
        "Grafana: admin, with the password in .vitrine/grafana-admin-password",
    ]
    folder = Path("deploy/secrets")
    assert (folder / "slack-webhook").read_text() == WEBHOOK
    for name in ("metrics-token", "grafana-admin-password"):
        assert (folder / name).read_text() == (Path(".vitrine") / name).read_text()
        assert Path(".vitrine", name).stat().st_mode & 0o777 == 0o600


def test_the_password_of_grafana_is_made_once_and_is_none_that_anybody_knows() -> None:
    first = secrets("compose", SLACK_WEBHOOK_URL=WEBHOOK)
    password = Path("deploy/secrets/grafana-admin-password").read_text()
    second = secrets("compose", SLACK_WEBHOOK_URL=WEBHOOK)
    assert first.exit_code == second.exit_code == 0
    assert Path("deploy/secrets/grafana-admin-password").read_text() == password
    assert len(password) > 32
    assert password not in first.output


def test_the_secrets_of_kubernetes_are_all_that_is_printed() -> None:
    result = secrets("kubernetes", SLACK_WEBHOOK_URL=WEBHOOK, DATABASE_URL=SERVER)
    assert result.exit_code == 0
    assert {one["kind"] for one in yaml.safe_load_all(result.stdout)} == {"Secret"}
    assert not Path("deploy").exists()


def test_without_a_database_that_pods_reach_no_secret_is_printed_and_one_line_says_so() -> None:
    result = secrets("kubernetes", SLACK_WEBHOOK_URL=WEBHOOK)
    assert (result.exit_code, result.stdout) == (1, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("DATABASE_URL: names no server")


@pytest.mark.parametrize("target", ["compose", "kubernetes"])
def test_where_nobody_is_told_one_line_says_what_to_set(target: str) -> None:
    result = secrets(target)
    assert result.exit_code == 1
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert "set SLACK_WEBHOOK_URL" in line
    assert not Path("deploy").exists()


def test_a_mail_server_on_the_machine_itself_is_one_line() -> None:
    result = secrets("compose", ALERT_EMAIL_TO="owner@example.com")
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert line.startswith("SMTP_HOST: in a container, localhost is the container itself")


def test_elsewhere_than_in_the_repository_nothing_is_written() -> None:
    Path("docker-compose.monitoring.yml").unlink()
    result = secrets("compose", SLACK_WEBHOOK_URL=WEBHOOK)
    assert result.exit_code == 2
    assert "name the repository with --root" in result.stderr
    assert not Path("deploy").exists()
