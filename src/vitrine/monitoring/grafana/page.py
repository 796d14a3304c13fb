"""The reference page that names every panel with its queries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from vitrine.catalogue.dashboard import Dashboard
from vitrine.monitoring.reference import MARK


def panels_page(dashboards: Iterable[Dashboard]) -> str:
    """Return the page; `$__rate_interval` and `$__range` are Grafana's variables."""
    return "\n".join(["# Panels", "", f"<!-- {MARK} -->", "", *_sections(dashboards)])


def _sections(dashboards: Iterable[Dashboard]) -> Iterator[str]:
    for dashboard in dashboards:
        yield from (f"## {dashboard.title}", "", dashboard.description, "")
        yield from ("| panel | kind | says | query |", "| --- | --- | --- | --- |")
        for panel in dashboard.panels:
            queries = "<br>".join(
                f"`{str(query.expression).replace('|', chr(92) + '|')}`" for query in panel.queries
            )
            yield f"| {panel.title} | {panel.kind.value} | {panel.description} | {queries} |"
        yield ""
