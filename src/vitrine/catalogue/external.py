"""Metrics of others that rules look at: what a scrape adds, and what Prometheus says of itself."""

from __future__ import annotations

from vitrine.catalogue.metric import Kind, Metric

JOB = "vitrine"
"""The job of the service itself, by which rules select it."""
UP = Metric("up", Kind.GAUGE, "targets", "1 where the last scrape worked.", foreign=True)
