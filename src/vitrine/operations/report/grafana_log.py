"""Which dashboards were opened in Grafana: its log of requests, in logfmt.

Grafana writes a line `msg="Request Completed"` for each request that succeeds where
`[server] router_logging` is on (`pkg/middleware/loggermw/logger.go`). A dashboard that is opened
is read once by its uid: at `/api/dashboards/uid/UID`, since Grafana 12 also at
`/apis/dashboard.grafana.app/VERSION/namespaces/NAMESPACE/dashboards/UID/dto`.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from vitrine.domain.failure import Failure

_FIELD = re.compile(r'(\w+)=("(?:[^"\\]|\\.)*"|\S*)')
_READ = re.compile(
    r"(?:/api/dashboards/uid/|/apis/dashboard\.grafana\.app/[^/]+/namespaces/[^/]+/dashboards/)"
    r"([\w-]+)(?:/dto)?$"
)
COMPLETED = "Request Completed"
NOT_FOUND = 400


class LogUnreadableError(Failure):
    """Grafana's log cannot be read."""


def opened(log: Path, start: float, end: float) -> Counter[str]:
    """Return how often each dashboard was opened between two times (seconds since 1970), by uid.

    Raises `LogUnreadableError` where the file cannot be read; lines of another form are skipped.
    """
    found: Counter[str] = Counter()
    try:
        with log.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                uid = _opened(line, start, end) if COMPLETED in line else None
                if uid is not None:
                    found[uid] += 1
    except OSError as problem:
        raise LogUnreadableError(f"{log}: {problem.strerror}; name a log of Grafana") from None
    return found


def _opened(line: str, start: float, end: float) -> str | None:
    said = {name: value.strip('"') for name, value in _FIELD.findall(line)}
    path = _READ.search(said.get("path", ""))
    at = _time(said.get("t", ""))
    if path is None or said.get("method") != "GET" or at is None or not start <= at <= end:
        return None
    status = said.get("status", "")
    return path[1] if status.isdecimal() and int(status) < NOT_FOUND else None


def _time(text: str) -> float | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
