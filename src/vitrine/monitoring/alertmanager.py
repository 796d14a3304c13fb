"""`alertmanager.yml`: who is told of which alert, how, and how often; valid for 0.25 and newer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from vitrine.catalogue.alert import Severity
from vitrine.domain.failure import Failure

PEOPLE, HEARTBEAT = "people", "heartbeat"
TEMPLATE = "vitrine.tmpl"
ALWAYS: dict[str, Any] = {
    "name": "always",
    "time_intervals": [{"weekdays": ["sunday:saturday"]}],
}
"""When nobody is told of something that Alertmanager shall know."""
LOOPBACK = ("localhost", "127.0.0.1", "::1")


class NobodyToTellError(Failure):
    """No receiver is set: alerts would be sent to nobody, and nobody would notice."""


@dataclass(frozen=True, slots=True)
class Slack:
    """A channel; the address of the webhook is read from a file at each message."""

    webhook_file: Path
    channel: str


@dataclass(frozen=True, slots=True)
class Email:
    """A mailbox, and the server that takes mail for it."""

    to: str
    sender: str
    host: str
    port: int
    user: str = ""
    password_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Waits:
    """How long alerts are gathered before a message, and after how long it is repeated."""

    group: str = "30s"
    more: str = "5m"
    critical_again: str = "1h"
    warning_again: str = "4h"
    heartbeat_again: str = "1m"


@dataclass(frozen=True, slots=True)
class Notifications:
    """Who is told: people by Slack, by mail, or through a listener at `alerts_urls`.

    `heartbeat_urls` are those who listen for the watchdog.
    """

    slack: Slack | None = None
    email: Email | None = None
    heartbeat_urls: tuple[str, ...] = ()
    alerts_urls: tuple[str, ...] = ()

    @property
    def reach_somebody(self) -> bool:
        return bool(self.slack or self.email or self.alerts_urls)


def alertmanager_yml(
    told: Notifications, waits: Waits | None = None, template_file: str = TEMPLATE
) -> str:
    """Return the configuration; raises `NobodyToTellError` where it would tell nobody.

    `template_file` is looked for from where the configuration is.
    """
    if not told.reach_somebody:
        raise NobodyToTellError(
            "alerts would be sent to nobody: set SLACK_WEBHOOK_URL and SLACK_CHANNEL,"
            " or ALERT_EMAIL_TO, ALERT_EMAIL_FROM and SMTP_HOST"
        )
    content = {
        "templates": [template_file],
        "route": _route(told, waits or Waits()),
        **({} if told.heartbeat_urls else {"time_intervals": [ALWAYS]}),
        "inhibit_rules": _inhibitions(),
        "receivers": list(_receivers(told)),
    }
    return yaml.safe_dump(content, sort_keys=False, width=1_000)


def _route(told: Notifications, waits: Waits) -> dict[str, Any]:
    critical = {
        "receiver": PEOPLE,
        "matchers": [f'severity="{Severity.CRITICAL}"'],
        "repeat_interval": waits.critical_again,
    }
    return {
        "receiver": PEOPLE,
        "group_by": ["alertname", "objective", "provider"],
        "group_wait": waits.group,
        "group_interval": waits.more,
        "repeat_interval": waits.warning_again,
        "routes": [_watchdog(told, waits), critical],
    }


def _watchdog(told: Notifications, waits: Waits) -> dict[str, Any]:
    """Return where the watchdog goes: people shall not hear that all is well."""
    matchers = [f'severity="{Severity.HEARTBEAT}"']
    if not told.heartbeat_urls:
        return {"receiver": PEOPLE, "matchers": matchers, "mute_time_intervals": [ALWAYS["name"]]}
    return {
        "receiver": HEARTBEAT,
        "matchers": matchers,
        "group_wait": "0s",
        "group_interval": waits.heartbeat_again,
        "repeat_interval": waits.heartbeat_again,
    }


def _inhibitions() -> list[dict[str, Any]]:
    """Return what silences what: the cause its consequences, the fast burn the slow ones."""
    return [
        {
            "source_matchers": ['alertname="TargetDown"'],
            "target_matchers": ['alertname!~"TargetDown|Watchdog"'],
        },
        {
            "source_matchers": [f'severity="{Severity.CRITICAL}"', 'objective!=""'],
            "target_matchers": [f'severity="{Severity.WARNING}"', 'objective!=""'],
            "equal": ["objective"],
        },
        {
            "source_matchers": ['alertname="AllProvidersFailing"'],
            "target_matchers": ['alertname=~"LLMProviderError|BreakerOpenLong"'],
        },
    ]


def _receivers(told: Notifications) -> list[dict[str, Any]]:
    people: dict[str, Any] = {"name": PEOPLE}
    if told.slack is not None:
        people["slack_configs"] = [
            {
                "send_resolved": True,
                "api_url_file": str(told.slack.webhook_file),
                "channel": told.slack.channel,
                "color": '{{ template "vitrine.colour" . }}',
                "title": '{{ template "vitrine.title" . }}',
                "text": '{{ template "vitrine.text" . }}',
                "fallback": '{{ template "vitrine.title" . }}',
            }
        ]
    if told.email is not None:
        people["email_configs"] = [_email(told.email)]
    if told.alerts_urls:
        people["webhook_configs"] = [
            {"url": url, "send_resolved": True} for url in told.alerts_urls
        ]
    receivers = [people]
    if told.heartbeat_urls:
        hooks = [{"url": url, "send_resolved": False} for url in told.heartbeat_urls]
        receivers.append({"name": HEARTBEAT, "webhook_configs": hooks})
    return receivers


def _email(email: Email) -> dict[str, Any]:
    config: dict[str, Any] = {
        "send_resolved": True,
        "to": email.to,
        "from": email.sender,
        "smarthost": f"{email.host}:{email.port}",
        "require_tls": email.host not in LOOPBACK,
        "headers": {"Subject": '{{ template "vitrine.title" . }}'},
        "html": "",
        "text": '{{ template "vitrine.mail" . }}',
    }
    if email.user and email.password_file is not None:
        config |= {"auth_username": email.user, "auth_password_file": str(email.password_file)}
    return config


def template() -> str:
    """Return the templates of the messages: what, since when, how bad, and what to read."""
    return TEXTS


TEXTS = """\
{{ define "vitrine.colour" }}\
{{ if eq .Status "resolved" }}good{{ else if eq .CommonLabels.severity "critical" }}danger\
{{ else }}warning{{ end }}{{ end }}
{{ define "vitrine.title" }}\
[{{ if eq .Status "resolved" }}resolved{{ else }}{{ .CommonLabels.severity }}{{ end }}] \
{{ .CommonLabels.alertname }}{{ if .CommonLabels.provider }} {{ .CommonLabels.provider }}{{ end }}\
{{ end }}
{{ define "vitrine.text" }}{{ range .Alerts }}\
*{{ .Annotations.summary }}*
{{ .Annotations.description }}
Since {{ .StartsAt.UTC.Format "2 Jan 15:04:05 UTC" }}\
{{ if eq .Status "resolved" }}, over since {{ .EndsAt.UTC.Format "2 Jan 15:04:05 UTC" }}\
{{ else }}
First: {{ .Annotations.action }}{{ end }}
<{{ .Annotations.runbook_url }}|Runbook> · <{{ .Annotations.dashboard_url }}|Dashboard>
{{ end }}{{ end }}
{{ define "vitrine.mail" }}{{ range .Alerts }}\
{{ .Annotations.summary }}

{{ .Annotations.description }}

Since:    {{ .StartsAt.UTC.Format "2 Jan 2006 15:04:05 UTC" }}
{{ if eq .Status "resolved" }}Over:     {{ .EndsAt.UTC.Format "2 Jan 2006 15:04:05 UTC" }}
{{ else }}First:    {{ .Annotations.action }}
{{ end }}Severity: {{ .Labels.severity }}
Runbook:  {{ .Annotations.runbook_url }}
Look at:  {{ .Annotations.dashboard_url }}

{{ end }}{{ end }}
"""
