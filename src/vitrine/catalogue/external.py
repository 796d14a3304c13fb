"""Metrics of others that rules look at: what a scrape adds, and what Prometheus says of itself."""

from __future__ import annotations

from vitrine.catalogue.metric import Kind, Label, Metric

JOB = "vitrine"
"""The job of the service itself, by which rules select it."""
UP = Metric("up", Kind.GAUGE, "targets", "1 where the last scrape worked.", foreign=True)
LONG_TERM_SENT = Metric(
    "prometheus_remote_storage_bytes_total",
    Kind.COUNTER,
    "bytes",
    "What the long-term store has taken.",
    (Label("remote_name", ("long-term",)), Label("url", bound=1)),
    foreign=True,
)
