"""Every dashboard: the guide's four under its titles, and two of our own."""

from vitrine.catalogue.dashboards import (
    api,
    cache,
    database,
    llm,
    overview,
    personalization,
)

DASHBOARDS = tuple(
    module.DASHBOARD for module in (overview, api, database, llm, cache, personalization)
)

__all__ = ["DASHBOARDS"]
