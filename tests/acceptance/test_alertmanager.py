"""A real Alertmanager with our configuration: messages arrive and say when it is over."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.acceptance.live import loopback
from tests.acceptance.mailbox import Mailbox, mail_server
from tests.acceptance.prometheus import WITHIN_S, wait_for
from vitrine.catalogue.alert import Severity
from vitrine.monitoring.alertmanager import (
    Email,
    NobodyToTellError,
    Notifications,
    Slack,
    Waits,
    alertmanager_yml,
)
from vitrine.operations.alertmanager import MISSING, Alertmanager, Secrets, find_alertmanager
from vitrine.operations.server import free_port

QUICK = Waits("100ms", "200ms", "1h", "1h", "300ms")
ALERT = {
    "labels": {"alertname": "LLMProviderError", "severity": "critical", "provider": "gemini"},
    "annotations": {
        "summary": "LLM provider errors detected",
        "description": "50% of the attempts at gemini failed.",
        "action": "Look at the reasons.",
        "runbook_url": "http://127.0.0.1:8000/runbooks/LLMProviderError",
        "dashboard_url": "http://127.0.0.1:8000/console/dashboards/vitrine-llm",
    },
}


@contextmanager
def posts() -> Iterator[tuple[str, list[tuple[str, Any]]]]:
    """Take what is posted to a server on this machine: Slack's messages and heartbeats."""
    taken: list[tuple[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            taken.append((self.path, json.loads(body)))
            self.send_response(200)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_args: object) -> None:
            """Say nothing on standard error."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", taken
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def running(alertmanager: Alertmanager) -> Iterator[httpx.Client]:
    alertmanager.configure(QUICK)
    process = subprocess.Popen(
        alertmanager.command(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        with loopback(f"http://{alertmanager.address}") as client:

            def ready() -> bool:
                try:
                    return client.get("/-/ready").is_success
                except httpx.HTTPError:
                    return False

            wait_for(ready, "an answer of Alertmanager")
            yield client
    finally:
        process.terminate()
        process.wait(WITHIN_S)


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with mail_server() as mailbox:
        yield mailbox


def test_slack_and_mail_hear_of_an_alert_and_of_its_end_and_the_heartbeat_beats(
    tmp_path: Path, mailbox: Mailbox
) -> None:
    binary = find_alertmanager()
    assert binary is not None, MISSING
    with posts() as (url, taken):
        told = Notifications(
            Slack(Path("unset"), "#alerts"),
            Email("owner@example.com", "vitrine@example.com", "127.0.0.1", mailbox.port),
            (f"{url}/heartbeat",),
        )
        secrets = Secrets(slack_webhook=f"{url}/slack")
        program = Alertmanager(binary, tmp_path / "am", free_port(), told, secrets)
        with running(program) as client:
            watchdog = {"labels": {"alertname": "Watchdog", "severity": "heartbeat"}}
            client.post("/api/v2/alerts", json=[ALERT, watchdog]).raise_for_status()
            (first,) = wait_for(lambda: slack_of(taken, "[critical]"), "Slack's message")
            mail = wait_for(lambda: mails_of(mailbox, "[critical]"), "a mail")[0]
            wait_for(lambda: len([p for p, _ in taken if p == "/heartbeat"]) > 1, "two beats")
            ended = (datetime.now(UTC) - timedelta(seconds=1)).isoformat()
            client.post("/api/v2/alerts", json=[{**ALERT, "endsAt": ended}]).raise_for_status()
            (second,) = wait_for(lambda: slack_of(taken, "[resolved]"), "Slack's second")
            over = wait_for(lambda: mails_of(mailbox, "[resolved]"), "a second mail")[0]
    slack = [body for path, body in taken if path == "/slack"]
    assert {body["channel"] for body in slack} == {"#alerts"}
    assert first["title"] == "[critical] LLMProviderError gemini"
    assert "*LLM provider errors detected*" in first["text"]
    assert "50% of the attempts at gemini failed." in first["text"]
    assert "First: Look at the reasons." in first["text"]
    assert "<http://127.0.0.1:8000/runbooks/LLMProviderError|Runbook>" in first["text"]
    assert "/console/dashboards/vitrine-llm|Dashboard>" in first["text"]
    assert first["color"] == "danger"
    assert second["title"] == "[resolved] LLMProviderError gemini"
    assert "over since" in second["text"]
    assert "First:" not in second["text"]
    assert second["color"] == "good"
    assert mail["subject"] == "[critical] LLMProviderError gemini"
    text = mail.get_body(("plain",))
    assert text is not None
    assert "Severity: critical" in text.get_content()
    assert "Runbook:  http://127.0.0.1:8000/runbooks/LLMProviderError" in text.get_content()
    assert over["subject"] == "[resolved] LLMProviderError gemini"
    assert "Watchdog" not in json.dumps(slack), "people are told that all is well"


def slack_of(taken: list[tuple[str, Any]], start: str) -> list[Any]:
    """Return the first message whose title begins so; one that was not answered comes again."""
    told = [body["attachments"] for path, body in taken if path == "/slack"]
    return [one for (one,) in told if one["title"].startswith(start)][:1]


def mails_of(mailbox: Mailbox, start: str) -> list[EmailMessage]:
    return [mail for mail in mailbox.mails if mail["subject"].startswith(start)]


def test_secrets_stand_in_files_that_their_owner_alone_can_read(tmp_path: Path) -> None:
    told = Notifications(
        Slack(Path("unset"), "#alerts"), Email("a@example.com", "b@example.com", "mail", 587, "me")
    )
    secrets = Secrets("https://hooks.example.com/hush", "hush")
    program = Alertmanager(Path("alertmanager"), tmp_path / "am", 9093, told, secrets)
    program.configure()
    configuration = (tmp_path / "am" / "alertmanager.yml").read_text()
    assert "hush" not in configuration
    assert "require_tls: true" in configuration
    for name, secret in (("slack-webhook", secrets.slack_webhook), ("smtp-password", "hush")):
        path = tmp_path / "am" / name
        assert path.read_text() == secret
        assert path.stat().st_mode & 0o777 == 0o600
        assert str(path) in configuration


def test_a_configuration_that_tells_nobody_is_refused() -> None:
    with pytest.raises(NobodyToTellError, match="set SLACK_WEBHOOK_URL"):
        alertmanager_yml(Notifications(heartbeat_urls=("https://example.com/beat",)))


@pytest.mark.parametrize(
    ("labels", "receiver"),
    [
        ({"severity": Severity.CRITICAL, "alertname": "TargetDown"}, "people"),
        ({"severity": Severity.WARNING, "alertname": "HighLatency"}, "people"),
        ({"severity": Severity.HEARTBEAT, "alertname": "Watchdog"}, "heartbeat"),
    ],
)
def test_each_severity_goes_to_its_receiver(
    tmp_path: Path, labels: dict[str, str], receiver: str
) -> None:
    amtool = shutil.which("amtool")
    assert amtool is not None, MISSING
    told = Notifications(Slack(Path("/run/webhook"), "#a"), None, ("https://example.com/beat",))
    path = tmp_path / "alertmanager.yml"
    path.write_text(alertmanager_yml(told).replace("vitrine.tmpl", str(tmp_path / "*.tmpl")))
    words = [f"{name}={value}" for name, value in labels.items()]
    for command in (
        ["check-config", path],
        ["config", "routes", "test", f"--config.file={path}", f"--verify.receivers={receiver}"],
    ):
        given = words if command[0] == "config" else []
        done = subprocess.run([amtool, *command, *given], capture_output=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
