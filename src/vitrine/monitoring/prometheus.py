"""`prometheus.yml`, written from data; valid for Prometheus 2.42 and 3.x."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from vitrine.catalogue.alert import Severity

SCRAPE_EVERY_S = 15
SCRAPE_TIMEOUT_S = 10
PROMETHEUS, LONG_TERM = "prometheus", "long-term"
"""The jobs of the two tiers."""
ALERTMANAGER = "alertmanager"
SERVICE, PORT_NAME = "vitrine", "http"
"""The Service in Kubernetes behind which the service's pods are found, and its port."""
WORKER, WORKER_PORT = "vitrine-worker", 8001
"""The Service of the workers, and the port at which they answer for their metrics alone."""
RECORDED = ".+:.+:.+"
"""The names of recording rules, and of nothing else."""
SEND_AFTER_S = 5
READ_WITHIN = "10s"


@dataclass(frozen=True, slots=True)
class Scrape:
    """One job: a service at `target` (host:port) that is asked for `/metrics`.

    Where it wants a bearer token, that is read from `token_file` at each scrape, so that it
    stands in no configuration and may change.
    """

    job: str
    target: str
    token_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """One job: every target that a file names, read again whenever the file changes."""

    job: str
    file: Path
    token_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Discovered:
    """One job: every pod behind a Service of the same namespace in Kubernetes.

    An instance is called like its pod. A Service whose one port has no name is taken as well.
    """

    job: str
    service: str
    port_name: str
    token_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Resolved:
    """One job: whoever is found at `port` under a name, be it nobody or several."""

    job: str
    name: str
    port: int
    token_file: Path | None = None


Watched = Scrape | Listed | Discovered | Resolved


def prometheus_yml(
    scrapes: Sequence[Watched],
    every_s: int = SCRAPE_EVERY_S,
    rule_files: Sequence[str] = (),
    alertmanager: str | None = None,
    *,
    heartbeat: bool = True,
    long_term: str | None = None,
) -> str:
    """Return the configuration as text: what is scraped, how often in seconds, by what rules.

    Alerts go to the `alertmanager` at host:port, where there is one; without `heartbeat` the
    watchdog's does not, since nobody listens for it. What is recorded goes to the store at
    `long_term` (host:port), which answers for times that are no longer kept here.
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
        **(_long_term(long_term, every_s) if long_term else {}),
    }
    return yaml.safe_dump(content, sort_keys=False)


def _alerting(alertmanager: str, *, heartbeat: bool) -> dict[str, Any]:
    drop = {"source_labels": ["severity"], "regex": Severity.HEARTBEAT.value, "action": "drop"}
    return {
        **({} if heartbeat else {"alert_relabel_configs": [drop]}),
        "alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}],
    }


def long_term_yml(every_s: int = SCRAPE_EVERY_S) -> str:
    """Return the configuration of the long-term store: it scrapes nothing and takes what comes."""
    return yaml.safe_dump({"global": {"evaluation_interval": f"{every_s}s"}})


def _long_term(address: str, every_s: int) -> dict[str, Any]:
    recorded = {"source_labels": ["__name__"], "regex": RECORDED, "action": "keep"}
    return {
        "remote_write": [
            {
                "name": LONG_TERM,
                "url": f"http://{address}/api/v1/write",
                "write_relabel_configs": [recorded],
                "queue_config": {"batch_send_deadline": f"{min(every_s, SEND_AFTER_S)}s"},
            }
        ],
        # Asked only for times that are no longer kept here: one query serves both tiers. A store
        # that hangs would hold up every rule that looks back beyond them, by default for a minute.
        "remote_read": [
            {
                "name": LONG_TERM,
                "url": f"http://{address}/api/v1/read",
                "remote_timeout": READ_WITHIN,
            }
        ],
    }


def _scrape_config(scrape: Watched) -> dict[str, Any]:
    token = scrape.token_file
    return {
        "job_name": scrape.job,
        **({"authorization": {"type": "Bearer", "credentials_file": str(token)}} if token else {}),
        **_targets(scrape),
    }


def _targets(scrape: Watched) -> dict[str, Any]:
    match scrape:
        case Scrape():
            return {"static_configs": [{"targets": [scrape.target]}]}
        case Listed():
            return {"file_sd_configs": [{"files": [str(scrape.file)]}]}
        case Resolved():
            named = {"names": [scrape.name], "type": "A", "port": scrape.port}
            return {"dns_sd_configs": [named]}
        case Discovered():
            return _pods(scrape)


def _pods(scrape: Discovered) -> dict[str, Any]:
    meta = "__meta_kubernetes_"
    return {
        "kubernetes_sd_configs": [{"role": "endpointslice", "namespaces": {"own_namespace": True}}],
        "relabel_configs": [
            {
                "source_labels": [f"{meta}service_name"],
                "regex": scrape.service,
                "action": "keep",
            },
            {
                "source_labels": [f"{meta}endpointslice_port_name"],
                "regex": f"({scrape.port_name})?",
                "action": "keep",
            },
            {"source_labels": [f"{meta}pod_name"], "target_label": "instance"},
            # By pod and namespace, the custom metrics API asks for what pods are scaled by.
            {"source_labels": [f"{meta}namespace"], "target_label": "namespace"},
        ],
    }
