"""The Alertmanager that stands beside a service: found on this machine, configured, started."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, replace
from pathlib import Path

from vitrine.monitoring.alertmanager import (
    TEMPLATE,
    Notifications,
    Waits,
    alertmanager_yml,
    template,
)
from vitrine.monitoring.programs import alertmanager_options

HOST = "127.0.0.1"
MISSING = "not installed: apt-get install prometheus-alertmanager"
NAMES = ("prometheus-alertmanager", "alertmanager")
"""Debian's name of the program, and everybody else's."""


@dataclass(frozen=True, slots=True)
class Secrets:
    """What must stand in files of its own: nobody reads it from a configuration."""

    slack_webhook: str = ""
    smtp_password: str = ""


@dataclass(frozen=True, slots=True)
class Alertmanager:
    """An Alertmanager to run: its program, its place on disk, its port on loopback."""

    binary: Path
    home: Path
    port: int
    told: Notifications
    secrets: Secrets

    @property
    def address(self) -> str:
        return f"{HOST}:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    def configure(self, waits: Waits | None = None) -> None:
        """Write the configuration, its template, and each secret into a file of its own.

        Raises `NobodyToTellError` where nobody would be told.
        """
        self.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        slack, email = self.told.slack, self.told.email
        if slack is not None:
            file = self._secret("slack-webhook", self.secrets.slack_webhook)
            slack = replace(slack, webhook_file=file)
        if email is not None and self.secrets.smtp_password:
            file = self._secret("smtp-password", self.secrets.smtp_password)
            email = replace(email, password_file=file)
        text = alertmanager_yml(replace(self.told, slack=slack, email=email), waits)
        self._write("alertmanager.yml", text)
        self._write(TEMPLATE, template())

    def command(self) -> list[str]:
        """Return the command line that runs it."""
        config = self.home / "alertmanager.yml"
        return [str(self.binary), *alertmanager_options(config, self.home / "data", self.address)]

    def _secret(self, name: str, value: str) -> Path:
        return self._write(name, value).resolve()

    def _write(self, name: str, text: str) -> Path:
        path = self.home / name
        path.touch(mode=0o600)
        path.write_text(text)
        return path


def find_alertmanager() -> Path | None:
    """Return this machine's Alertmanager, looked for on the PATH and where Debian puts it."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/bin"])
    found = next((at for name in NAMES if (at := shutil.which(name, path=path))), None)
    return Path(found) if found else None
