"""Metrics of others that rules look at: what a scrape adds, and what Prometheus says of itself."""

from __future__ import annotations

from vitrine.catalogue.metric import Kind, Label, Metric
from vitrine.catalogue.promql import Expression, ratio, select

JOB = "vitrine"
"""The job of the service itself, by which rules select it."""
UP = Metric("up", Kind.GAUGE, "targets", "1 where the last scrape worked.", foreign=True)
ALERTS_NOW = Metric(
    "ALERTS",
    Kind.GAUGE,
    "alerts",
    "1 for each alert that is pending or firing.",
    (
        Label("alertname", bound=64),
        Label("alertstate", ("pending", "firing")),
        Label("severity", ("critical", "warning", "heartbeat")),
    ),
    foreign=True,
    scraped=False,
)
LONG_TERM_SENT = Metric(
    "prometheus_remote_storage_bytes_total",
    Kind.COUNTER,
    "bytes",
    "What the long-term store has taken.",
    (Label("remote_name", ("long-term",)), Label("url", bound=1)),
    foreign=True,
    of_prometheus=True,
)
STORED = Metric(
    "prometheus_tsdb_storage_blocks_bytes",
    Kind.GAUGE,
    "bytes",
    "What a Prometheus has stored in whole blocks.",
    foreign=True,
    of_prometheus=True,
)
STORED_LIMIT = Metric(
    "prometheus_tsdb_retention_limit_bytes",
    Kind.GAUGE,
    "bytes",
    "What a Prometheus may store before it forgets the oldest; 0 is no limit.",
    foreign=True,
    of_prometheus=True,
)
STORED_LOG = Metric(
    "prometheus_tsdb_wal_storage_size_bytes",
    Kind.GAUGE,
    "bytes",
    "What the write-ahead log of a Prometheus takes beside its blocks.",
    foreign=True,
    of_prometheus=True,
)
STORED_SINCE = Metric(
    "prometheus_tsdb_lowest_timestamp_seconds",
    Kind.GAUGE,
    "seconds",
    "Time of the oldest sample of a Prometheus, in seconds since 1970.",
    foreign=True,
    of_prometheus=True,
)
HEAD_SERIES = Metric(
    "prometheus_tsdb_head_series",
    Kind.GAUGE,
    "series",
    "Series that a Prometheus has in memory.",
    foreign=True,
    of_prometheus=True,
)
RULES_TOOK = Metric(
    "prometheus_rule_group_last_duration_seconds",
    Kind.GAUGE,
    "seconds",
    "Time that the last evaluation of a group of rules took.",
    (Label("rule_group", bound=64),),
    foreign=True,
    of_prometheus=True,
)
RULES_MISSED = Metric(
    "prometheus_rule_group_iterations_missed_total",
    Kind.COUNTER,
    "evaluations",
    "Evaluations of a group of rules that were left out because the one before took too long.",
    (Label("rule_group", bound=64),),
    foreign=True,
    of_prometheus=True,
)
SCRAPE_TOOK = Metric(
    "scrape_duration_seconds",
    Kind.GAUGE,
    "seconds",
    "Time that the last scrape of a target took.",
    foreign=True,
)
EXTERNAL = (
    UP,
    ALERTS_NOW,
    LONG_TERM_SENT,
    STORED,
    STORED_LIMIT,
    STORED_LOG,
    STORED_SINCE,
    HEAD_SERIES,
    RULES_TOOK,
    RULES_MISSED,
    SCRAPE_TOOK,
)


def space_taken() -> Expression:
    """Return which share of the space that each Prometheus may take is taken."""
    return ratio(select(STORED), select(STORED_LIMIT))
