"""A site as its owner declares it: the catalogue that every decision is made of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from vitrine.domain.event import EventReader, EventType


@dataclass(frozen=True, slots=True)
class Item:
    """Something a visitor can meet on the site: a section, a project or a skill."""

    id: str
    title: str
    tags: frozenset[str] = frozenset()


class SignKind(StrEnum):
    """What a sign looks at; the closed set that `site.yaml` may use."""

    TAG = "tag"
    PROJECT = "project"
    SKILL = "skill"
    SECTION = "section"
    EVENT = "event"
    PACE = "pace"
    DEPTH = "depth"
    REFERRER = "referrer"
    LANDING = "landing"


@dataclass(frozen=True, slots=True)
class Sign:
    """A declared reason to think of a segment; negative strength speaks against it.

    `strength` is a log-likelihood ratio: at 1.0 a visitor of the segment does this
    e (2.7) times as readily as an average visitor.
    """

    kind: SignKind
    value: str
    strength: float


@dataclass(frozen=True, slots=True)
class Segment:
    """A kind of visitor, with the signs that speak for it."""

    id: str
    title: str
    signs: tuple[Sign, ...]
    share: float = 1.0
    reasoning: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Conversion:
    """An event that counts as success; `params` narrows it to some of its values."""

    event: str
    params: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class PathRule:
    """How one kind of path in a web server's log becomes an event.

    Named groups of `pattern` fill parameters of the event, `params` gives fixed ones.
    """

    pattern: re.Pattern[str]
    event: str
    params: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LogMapping:
    """What the paths of the site's access log are: pages, or things that are no visit.

    All patterns are searched for, so that only `^` and `$` tie them to an end. `feeds` are
    searched for first, in the path with its query string (a blog may serve its feed under
    the address of a page); `assets` and `pages` in the path alone. The first page rule that
    matches decides.
    """

    pages: tuple[PathRule, ...] = ()
    assets: tuple[re.Pattern[str], ...] = ()
    feeds: tuple[re.Pattern[str], ...] = ()


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on the time that an event may claim, in milliseconds."""

    max_age_ms: int = 24 * 3_600_000
    max_ahead_ms: int = 5 * 60_000


AT_ANY_TIME = Limits(10**15, 10**15)
"""Limits of events that were not sent just now."""


@dataclass(frozen=True, slots=True)
class Site:
    """One site. `version` changes whenever anything that can change a decision does."""

    id: str
    title: str
    version: str
    languages: tuple[str, ...]
    sections: Mapping[str, Item]
    projects: Mapping[str, Item]
    skills: Mapping[str, Item]
    timeline: frozenset[str]
    channels: frozenset[str]
    segments: tuple[Segment, ...]
    event_types: Mapping[str, EventType]
    conversions: tuple[Conversion, ...] = ()
    origins: tuple[str, ...] = ()
    hosts: frozenset[str] = frozenset()
    referrers: Mapping[str, str] | None = None
    log: LogMapping = LogMapping()
    limits: Limits = Limits()
    threshold: float = 0.6
    featured: int = 3
    highlighted: int = 5

    @property
    def segment_ids(self) -> tuple[str, ...]:
        return tuple(segment.id for segment in self.segments)

    def reader(self, limits: Limits | None = None) -> EventReader:
        """Return what reads this site's events, under other limits than its own if given."""
        bounds = limits or self.limits
        return EventReader(
            self.event_types,
            max_age_ms=bounds.max_age_ms,
            max_ahead_ms=bounds.max_ahead_ms,
            hosts=self.hosts,
            referrers=self.referrers,
        )

    def language(self, wanted: str | None) -> str:
        """Return the site's language nearest to an `Accept-Language` value, else its first."""
        for part in (wanted or "").lower().split(","):
            tag = part.split(";", 1)[0].strip()
            for language in self.languages:
                if tag == language or tag.split("-", 1)[0] == language.split("-", 1)[0]:
                    return language
        return self.languages[0]
