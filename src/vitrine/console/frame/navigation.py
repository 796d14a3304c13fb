"""The console's table of contents."""

from __future__ import annotations

from typing import NamedTuple

HOME = "/console"


class Entry(NamedTuple):
    """A page as the menu names it."""

    title: str
    path: str


class Chapter(NamedTuple):
    """Pages that belong together."""

    title: str
    entries: tuple[Entry, ...]


CHAPTERS = (
    Chapter(
        "Service",
        (
            Entry("Overview", HOME),
            Entry("Dashboards", "/console/dashboards"),
            Entry("Alerts", "/console/alerts"),
            Entry("Logs", "/console/logs"),
        ),
    ),
    Chapter(
        "Visitors",
        (
            Entry("Visitors", "/console/visitors"),
            Entry("Rules", "/console/rules"),
            Entry("Preview", "/console/preview"),
            Entry("Insights", "/console/insights"),
            Entry("Does it help?", "/console/experiment"),
            Entry("Off switch", "/console/switch"),
        ),
    ),
    Chapter(
        "Reference",
        (
            Entry("Runbooks", "/console/runbooks"),
            Entry("Catalogue", "/console/catalogue"),
        ),
    ),
)


def is_here(entry: Entry, path: str) -> bool:
    """Whether a path belongs to an entry: it is the page, or lies below it."""
    if entry.path == HOME:
        return path == HOME
    return path == entry.path or path.startswith(f"{entry.path}/")
