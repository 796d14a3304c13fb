"""What is personal, made from whom to tell and what opens doors."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from vitrine.monitoring.alertmanager import Email, NobodyToTellError, Notifications, Slack
from vitrine.monitoring.kubernetes import kubernetes_secrets
from vitrine.monitoring.secrets import OutOfReachError, Personal, secret_files

WEBHOOK = "https://hooks.example.com/hush"
SLACK = Slack(Path("unset"), "#ops")
EMAIL = Email("a@example.com", "b@example.com", "mail.example.com", 587, "me")
BOTH = Personal(
    Notifications(SLACK, EMAIL, ("https://beat.example.com/1",)), "token", "word", WEBHOOK, "hush"
)
CONFIG = Path("deploy/secrets/alertmanager.yml")


def configuration(personal: Personal) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(secret_files(personal)[CONFIG])
    return found


def test_there_are_the_same_files_whoever_is_told() -> None:
    slack = Personal(Notifications(SLACK), "token", "word", WEBHOOK)
    assert {path.name for path in secret_files(BOTH)} == {
        "alertmanager.yml",
        "metrics-token",
        "grafana-admin-password",
        "slack-webhook",
        "smtp-password",
    }
    assert set(secret_files(slack)) == set(secret_files(BOTH))
    assert secret_files(slack)[Path("deploy/secrets/smtp-password")] == ""


def test_the_configuration_reads_secrets_from_the_files_of_its_container() -> None:
    text = secret_files(BOTH)[CONFIG]
    assert "hush" not in text
    people, heartbeat = configuration(BOTH)["receivers"]
    (slack,), (email,) = people["slack_configs"], people["email_configs"]
    assert slack["api_url_file"] == "/etc/alertmanager/deploy/secrets/slack-webhook"
    assert slack["channel"] == "#ops"
    assert email["auth_password_file"] == "/etc/alertmanager/deploy/secrets/smtp-password"
    assert heartbeat["webhook_configs"][0]["url"] == "https://beat.example.com/1"


def test_without_a_listener_people_do_not_hear_that_all_is_well() -> None:
    quiet = configuration(Personal(Notifications(SLACK), "token", "word", WEBHOOK))
    watchdog = quiet["route"]["routes"][0]
    assert watchdog["matchers"] == ['severity="heartbeat"']
    assert watchdog["mute_time_intervals"] == [quiet["time_intervals"][0]["name"]]
    assert "time_intervals" not in configuration(BOTH)


def test_nobody_to_tell_is_refused() -> None:
    with pytest.raises(NobodyToTellError, match="set SLACK_WEBHOOK_URL"):
        secret_files(Personal(Notifications(), "token", "word"))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_addresses_at_which_a_container_finds_itself_are_refused(host: str) -> None:
    mail = Notifications(email=replace(EMAIL, host=host))
    with pytest.raises(OutOfReachError, match="SMTP_HOST: in a container"):
        secret_files(Personal(mail, "token", "word"))
    named = f"[{host}]" if ":" in host else host
    beat = Notifications(SLACK, heartbeat_urls=(f"http://{named}:9999/beat",))
    with pytest.raises(OutOfReachError, match="VITRINE_HEARTBEAT_URL: in a container"):
        secret_files(Personal(beat, "token", "word", WEBHOOK))


def test_the_secrets_of_the_cluster_hold_the_same_files() -> None:
    files = secret_files(BOTH)
    found = list(yaml.safe_load_all(kubernetes_secrets(files)))
    assert {one["metadata"]["name"]: set(one["data"]) for one in found} == {
        "prometheus-secrets": {"metrics-token"},
        "alertmanager-secrets": {"alertmanager.yml", "slack-webhook", "smtp-password"},
        "grafana-secrets": {"grafana-admin-password"},
    }
    held = {name: b64decode(value).decode() for one in found for name, value in one["data"].items()}
    assert held == {path.name: text for path, text in files.items()}
    assert all("namespace" not in one["metadata"] for one in found)


def test_secrets_are_not_printed() -> None:
    shown = repr(BOTH)
    for secret in ("token'", "word'", "hush"):
        assert secret not in shown
