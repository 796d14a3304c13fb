"""What a report looks at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from vitrine.domain.period import Period
from vitrine.monitoring.links import Links
from vitrine.operations.report.period import Span
from vitrine.operations.report.questions import Questions


@dataclass(frozen=True, slots=True)
class Subject:
    """A Prometheus that is asked, and what else is known of the place where it runs.

    `grafana_log` is the file in which Grafana logs its requests, `backups` the directory where
    backups are kept; `None` is not known.
    """

    questions: Questions
    links: Links
    grafana_log: Path | None = None
    backups: Path | None = None

    @property
    def span(self) -> Span:
        return self.questions.span

    @property
    def period(self) -> Period:
        return self.questions.span.period
