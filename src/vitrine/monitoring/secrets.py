"""What is personal in Compose and Kubernetes: made from the settings, and in no repository."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from vitrine.domain.failure import Failure
from vitrine.monitoring.alertmanager import LOOPBACK, Notifications, alertmanager_yml
from vitrine.monitoring.containers import (
    ALERTMANAGER_AT,
    ALERTMANAGER_CONFIG,
    GRAFANA_PASSWORD,
    METRICS_TOKEN,
    SLACK_WEBHOOK,
    SMTP_PASSWORD,
    TEMPLATE_FILE,
)


class OutOfReachError(Failure):
    """A setting names this machine by an address at which a container finds itself."""


@dataclass(frozen=True, slots=True)
class Personal:
    """Whom to tell, and what opens doors."""

    told: Notifications
    metrics_token: str = field(repr=False)
    grafana_password: str = field(repr=False)
    slack_webhook: str = field(default="", repr=False)
    smtp_password: str = field(default="", repr=False)


def secret_files(personal: Personal) -> Mapping[Path, str]:
    """Return every secret by its path in the repository; one that is not set is empty.

    Raises `NobodyToTellError`, or `OutOfReachError` for addresses of no use in a container.
    """
    return {
        ALERTMANAGER_CONFIG: _alertmanager(personal),
        METRICS_TOKEN: personal.metrics_token,
        GRAFANA_PASSWORD: personal.grafana_password,
        SLACK_WEBHOOK: personal.slack_webhook,
        SMTP_PASSWORD: personal.smtp_password,
    }


def _alertmanager(personal: Personal) -> str:
    told = personal.told
    slack, email = told.slack, told.email
    if slack is not None:
        slack = replace(slack, webhook_file=ALERTMANAGER_AT / SLACK_WEBHOOK)
    if email is not None:
        _check("SMTP_HOST", email.host)
        if personal.smtp_password:
            email = replace(email, password_file=ALERTMANAGER_AT / SMTP_PASSWORD)
    for url in told.heartbeat_urls:
        _check("VITRINE_HEARTBEAT_URL", urlsplit(url).hostname or "")
    named = replace(told, slack=slack, email=email)
    return alertmanager_yml(named, template_file=str(TEMPLATE_FILE))


def _check(setting: str, host: str) -> None:
    if host in LOOPBACK:
        raise OutOfReachError(
            f"{setting}: in a container, {host} is the container itself;"
            " name a server by an address that others reach"
        )
