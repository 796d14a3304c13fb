"""`prometheus.yml`, written from data; valid for Prometheus 2.42 and 3.x."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from vitrine.catalogue.alert import Severity

JOB = "vitrine"
"""The job of the service itself, by which queries and rules select it."""
SCRAPE_EVERY_S = 15
SCRAPE_TIMEOUT_S = 10


@dataclass(frozen=True, slots=True)
class Scrape:
    """One job: a service at `target` (host:port) that is asked for `/metrics`.

    The bearer token is read from `token_file` at each scrape, so that it stands in no
    configuration and may change.
    """

    job: str
    target: str
    token_file: Path


def prometheus_yml(
    scrapes: Sequence[Scrape],
    every_s: int = SCRAPE_EVERY_S,
    rule_files: Sequence[str] = (),
    alertmanager: str | None = None,
    *,
    heartbeat: bool = True,
) -> str:
    """Return the configuration as text: what is scraped, how often in seconds, by what rules.

    Alerts go to the `alertmanager` at host:port, where there is one; without `heartbeat` the
    watchdog's does not, since nobody listens for it.
    """
    content = {
        "global": {
            "scrape_interval": f"{every_s}s",
            "scrape_timeout": f"{min(every_s, SCRAPE_TIMEOUT_S)}s",
            "evaluation_interval": f"{every_s}s",
        },
        "rule_files": list(rule_files),
        **({"alerting": _alerting(alertmanager, heartbeat=heartbeat)} if alertmanager else {}),
        "scrape_configs": [_scrape_config(scrape) for scrape in scrapes],
    }
    return yaml.safe_dump(content, sort_keys=False)


def _alerting(alertmanager: str, *, heartbeat: bool) -> dict[str, Any]:
    drop = {"source_labels": ["severity"], "regex": Severity.HEARTBEAT.value, "action": "drop"}
    return {
        **({} if heartbeat else {"alert_relabel_configs": [drop]}),
        "alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}],
    }


def _scrape_config(scrape: Scrape) -> dict[str, Any]:
    return {
        "job_name": scrape.job,
        "authorization": {"type": "Bearer", "credentials_file": str(scrape.token_file)},
        "static_configs": [{"targets": [scrape.target]}],
    }
