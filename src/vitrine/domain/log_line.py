"""What a line of an access log is to a site: a page that becomes an event, or something else."""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache

from vitrine.domain.access_log import Entry
from vitrine.domain.event import Event
from vitrine.domain.site import Site

REMEMBERED_PATHS = 16_384
_MACHINE = re.compile(
    r"/(?:robots|humans|ads|app-ads|llms|security)\.txt|/sitemap[^/]*\.xml(?:\.gz)?"
    r"|/browserconfig\.xml|/crossdomain\.xml|/\.well-known/.*"
)
_SHOWN = frozenset({200, 304})


class LineKind(StrEnum):
    """What a well-formed line is; the closed set that receipts use."""

    EVENT = "event"
    UNMAPPED = "unmapped"
    NOT_A_PAGE = "not_a_page"
    ASSET = "asset"
    FEED = "feed"
    MACHINE = "machine"


class LineReader:
    """Reads the lines of one site's log by the mapping that its owner declares.

    `feeds` are searched for in path and query, `assets` and `pages` in the path alone. The
    first matching page rule decides; one that names an id unknown to the site maps nothing.
    """

    def __init__(self, site: Site) -> None:
        self._log = site.log
        self._events = site.reader()
        self._place = lru_cache(maxsize=REMEMBERED_PATHS)(self._kind_of_path)

    def kind(self, entry: Entry) -> LineKind:
        """Return what the line is, whoever asked."""
        kind = self._place(entry.path, entry.query)
        if kind is LineKind.EVENT or kind is LineKind.UNMAPPED:
            shown = entry.method == "GET" and entry.status in _SHOWN
            return kind if shown else LineKind.NOT_A_PAGE
        return kind

    def raw_event(self, entry: Entry) -> dict[str, object]:
        """Return what the visitor's page would have sent; the line's kind must be `EVENT`.

        It bears no time: the server's clock told it, not the visitor's.
        """
        raw = self._mapped(entry.path)
        assert raw is not None
        name, params = raw
        if entry.referrer is not None:
            params["page_referrer"] = entry.referrer
        return {"event_name": name, "event_params": params}

    def event(self, entry: Entry, visitor: str, event_id: str) -> Event:
        """Return the line as an event of the visitor; the line's kind must be `EVENT`."""
        raw = self.raw_event(entry)
        event, _ = self._events.read(raw | {"event_id": event_id}, visitor, entry.at_ms)
        assert isinstance(event, Event)
        return event

    def _kind_of_path(self, path: str, query: str) -> LineKind:
        if _any_found(self._log.feeds, f"{path}?{query}" if query else path):
            return LineKind.FEED
        if _any_found(self._log.assets, path):
            return LineKind.ASSET
        if _MACHINE.fullmatch(path):
            return LineKind.MACHINE
        raw = self._mapped(path)
        if raw is None:
            return LineKind.UNMAPPED
        read, _ = self._events.read({"event_name": raw[0], "event_params": raw[1]}, "", 0)
        return LineKind.EVENT if isinstance(read, Event) else LineKind.UNMAPPED

    def _mapped(self, path: str) -> tuple[str, dict[str, str]] | None:
        for rule in self._log.pages:
            found = rule.pattern.search(path)
            if found:
                named = {k: v for k, v in found.groupdict().items() if v is not None}
                return rule.event, {**named, **rule.params}
        return None


def _any_found(patterns: Iterable[re.Pattern[str]], text: str) -> bool:
    return any(pattern.search(text) for pattern in patterns)
