"""Why a panel shows nothing: four different things, in words."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from vitrine.catalogue.dashboard import Panel
from vitrine.catalogue.external import EXTERNAL
from vitrine.catalogue.recording import scraped_by
from vitrine.console.dashboards.period import Period
from vitrine.console.dashboards.selection import Selection, filled
from vitrine.usecases.monitoring_ports import SeriesStore

OF_PROMETHEUS = "|".join(metric.name for metric in EXTERNAL if metric.of_prometheus)
MATCHED = (
    'count by (__name__) ({__name__=~"%s",job=~"$job",instance=~"$instance"}'
    f' or {{__name__=~"{OF_PROMETHEUS}"}})'
)


class State(StrEnum):
    """Each one is another reason, and asks for another thing to be done."""

    NO_TRAFFIC = "no traffic"
    NO_DATA = "no data"
    NO_PROMETHEUS = "no Prometheus"
    REFUSED = "refused"


SAID = {
    State.NO_TRAFFIC: "Nothing was counted here in this time, so there is no number to show.",
    State.NO_DATA: (
        "Prometheus has none of these series in this time: the service did not run, is not"
        " scraped, or has no part that they speak of, such as a Redis or a PostgreSQL."
    ),
    State.NO_PROMETHEUS: "Prometheus does not answer, so nothing can be said.",
    State.REFUSED: "Prometheus refused the query.",
}


def series_of(panel: Panel) -> frozenset[str]:
    """Return the names of the scraped series that a panel rests on, however indirectly."""
    return frozenset().union(*(scraped_by(query.expression) for query in panel.queries))


async def known_series(
    store: SeriesStore, panels: Iterable[Panel], selected: Selection, period: Period
) -> frozenset[str]:
    """Return which of the series of these panels Prometheus has at the end of the period."""
    names = sorted(name for panel in panels for name in series_of(panel))
    if not names:
        return frozenset()
    asked = filled(MATCHED % "|".join(dict.fromkeys(names)), selected, period)
    found = await store.at(asked, period.end)
    return frozenset(sample.labels.get("__name__", "") for sample in found)
