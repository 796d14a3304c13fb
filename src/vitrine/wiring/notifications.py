"""Who is told of alerts, as the settings say."""

from __future__ import annotations

from pathlib import Path

from vitrine.monitoring.alertmanager import Email, Notifications, Slack
from vitrine.monitoring.containers import GRAFANA_PASSWORD
from vitrine.monitoring.secrets import Personal
from vitrine.operations.alertmanager import Secrets
from vitrine.settings import Settings

HERE = "this terminal"
ELSEWHERE = "set SLACK_WEBHOOK_URL or ALERT_EMAIL_TO to be told elsewhere, docs/monitoring.md"


def notifications_of(settings: Settings) -> Notifications:
    """Return who is told; the files of secrets are named when they are written."""
    slack = email = None
    if settings.slack_webhook_url is not None:
        slack = Slack(Path("slack-webhook"), settings.slack_channel)
    if settings.alert_email_to is not None:
        email = Email(
            settings.alert_email_to,
            settings.alert_email_from,
            settings.smtp_host,
            settings.smtp_port,
            settings.smtp_user,
        )
    beat = settings.heartbeat_url
    return Notifications(slack, email, (beat.get_secret_value(),) if beat else ())


def told_line(settings: Settings) -> str:
    """Return in words who hears of alerts while somebody sits at the terminal."""
    told = notifications_of(settings)
    who = [
        HERE,
        *([f"Slack {told.slack.channel}"] if told.slack else []),
        *([told.email.to] if told.email else []),
    ]
    return ", ".join(who) if told.reach_somebody else f"{HERE}; {ELSEWHERE}"


def secrets_of(settings: Settings) -> Secrets:
    """Return what is written into files of its own."""
    webhook, password = settings.slack_webhook_url, settings.smtp_password
    return Secrets(
        webhook.get_secret_value() if webhook else "",
        password.get_secret_value() if password else "",
    )


def personal_of(settings: Settings) -> Personal:
    """Return what Compose and Kubernetes are given; the home keeps what is made at first use."""
    secrets = secrets_of(settings)
    return Personal(
        told=notifications_of(settings),
        metrics_token=settings.token_for_metrics(),
        grafana_password=settings.kept_secret(GRAFANA_PASSWORD.name),
        slack_webhook=secrets.slack_webhook,
        smtp_password=secrets.smtp_password,
    )
