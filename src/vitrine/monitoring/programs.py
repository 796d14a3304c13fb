"""How each program of the stack is called, natively, in Compose and in Kubernetes alike."""

from __future__ import annotations

from pathlib import Path

RETENTION = "14d"
LONG_RETENTION = "1y"
SPACE = "10GB"
"""What each tier may take. 14 days of a service with 1,000 series are 0.1 to 0.2 GB, at one to
two bytes a sample (Prometheus' documentation, page Storage)."""
FLUSH_WITHIN = "5s"
"""How long an ending Prometheus tries to hand over what the long-term store does not take."""


def prometheus_options(config: Path, data: Path, listen: str, space: str = SPACE) -> list[str]:
    """Return the options of the Prometheus that scrapes; valid for 2.42 and 3.x.

    Retention stands here and not in the configuration, where 2.42 does not know it. With the
    admin API a snapshot can be made, and series deleted: nobody else may reach `listen`.
    """
    return [
        f"--config.file={config}",
        f"--storage.tsdb.path={data}",
        f"--storage.tsdb.retention.time={RETENTION}",
        f"--storage.tsdb.retention.size={space}",
        f"--web.listen-address={listen}",
        "--web.enable-admin-api",
        f"--storage.remote.flush-deadline={FLUSH_WITHIN}",
        "--enable-feature=exemplar-storage",
    ]


def long_term_options(config: Path, data: Path, listen: str) -> list[str]:
    """Return the options of the Prometheus that keeps for a year what it is sent."""
    return [
        f"--config.file={config}",
        f"--storage.tsdb.path={data}",
        f"--storage.tsdb.retention.time={LONG_RETENTION}",
        f"--storage.tsdb.retention.size={SPACE}",
        f"--web.listen-address={listen}",
        "--web.enable-admin-api",
        "--web.enable-remote-write-receiver",
    ]


def alertmanager_options(config: Path, data: Path, listen: str) -> list[str]:
    """Return the options of an Alertmanager that is alone: it looks for no cluster."""
    return [
        f"--config.file={config}",
        f"--storage.path={data}",
        f"--web.listen-address={listen}",
        "--cluster.listen-address=",
    ]
