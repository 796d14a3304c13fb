"""What a report of what runs looks at, and where it is mailed to, as the settings say."""

from __future__ import annotations

import time
from pathlib import Path

from vitrine.adapters.prometheus_api import PrometheusApi
from vitrine.monitoring.links import Links
from vitrine.operations.report import Period, Post, Questions, Span, Subject
from vitrine.settings import Settings, SettingsError
from vitrine.wiring.notifications import notifications_of, secrets_of

ANSWERS_WITHIN_S = 60.0
"""A quarter of minutes takes Prometheus longer than a panel does."""


def subject_of(
    settings: Settings,
    period: Period,
    grafana_log: Path | None = None,
    backups: Path | None = None,
) -> Subject:
    """Return what to look at for a period that ends now."""
    prometheus = PrometheusApi(settings.prometheus_url, within_s=ANSWERS_WITHIN_S)
    return Subject(
        Questions(prometheus, Span(period, time.time())),
        Links(settings.public_url),
        grafana_log,
        backups,
    )


def post_of(settings: Settings) -> Post:
    """Return where reports are mailed to: where alerts are; raises `SettingsError`."""
    email = notifications_of(settings).email
    if email is None:
        raise SettingsError("nobody is named to mail the report to: set ALERT_EMAIL_TO")
    return Post(email, secrets_of(settings).smtp_password)
