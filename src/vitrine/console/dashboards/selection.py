"""The variables of a dashboard: which job, instance and provider it is about."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from vitrine.console.dashboards.period import Period

ALL = ".+"
LONGEST = 200
_VARIABLE = re.compile(r"\$(__rate_interval|__range|step|job|instance|provider)\b")


class Variable(NamedTuple):
    """One variable, and the series whose label has its values."""

    name: str
    title: str
    selector: str


JOB = Variable("job", "Job", "vitrine_build_info")
INSTANCE = Variable("instance", "Instance", 'vitrine_build_info{job=~"$job"}')
PROVIDER = Variable("provider", "Provider", 'llm_requests_total{job=~"$job"}')


class Selection(NamedTuple):
    """What was chosen; an empty text is all of them."""

    job: str = ""
    instance: str = ""
    provider: str = ""

    @property
    def query(self) -> dict[str, str]:
        """Return what an address says of it."""
        return {name: value for name, value in self._asdict().items() if value}


def selection(chosen: Mapping[str, str]) -> Selection:
    """Return what an address chooses; what no label could be is left out."""
    return Selection(
        *(
            value if value.isprintable() and len(value) <= LONGEST else ""
            for value in (chosen.get(name, "") for name in Selection._fields)
        )
    )


def filled(query: str, selected: Selection, period: Period, window: int | None = None) -> str:
    """Return a declared query with a value for each variable, as Grafana would send it.

    `window` stands in for the window of rates. Every variable is replaced once, and what was
    chosen stands for itself alone: it can be neither an expression nor another variable.
    """
    values = {
        "__rate_interval": f"{window or period.rate_interval}s",
        "step": f"{window or period.records_interval}s",
        "__range": f"{period.length}s",
        **{name: _literal(value) for name, value in selected._asdict().items()},
    }
    return _VARIABLE.sub(lambda found: values[found[1]], query)


def _literal(value: str) -> str:
    """Return a regular expression for one value, as it stands inside quotation marks."""
    if not value:
        return ALL
    return re.escape(value).replace("\\", "\\\\").replace('"', '\\"')
