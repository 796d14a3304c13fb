"""What Google Cloud Logging reads in a JSON line.

Its names are those of https://cloud.google.com/logging/docs/structured-logging.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from vitrine.telemetry.request_id import Trace

TRACE = "logging.googleapis.com/trace"


class GoogleCloud(NamedTuple):
    """The members that a line has beside ours; the `project` is the one that traces are in.

    Without a project the trace's id stands alone, which Google's agents complete.
    """

    project: str | None = None

    def of_level(self, level: str) -> Mapping[str, str]:
        """Return the severity, which has the names of our levels."""
        return {"severity": level}

    def of_request(self, request_id: str | None) -> Mapping[str, str]:
        """Return the trace of a request, if its id is one: a caller gave it."""
        if not isinstance(request_id, Trace):
            return {}
        return {
            TRACE: f"projects/{self.project}/traces/{request_id}" if self.project else request_id
        }


class Plain:
    """A line with our members alone."""

    def of_level(self, _level: str) -> Mapping[str, str]:
        return {}

    def of_request(self, _request_id: str | None) -> Mapping[str, str]:
        return {}


PLAIN = Plain()
