"""A checked site file as the domain's `Site`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from hashlib import blake2b

from vitrine.adapters.site_file.fields import EVERY_LANGUAGE
from vitrine.adapters.site_file.models import (
    ItemPart,
    LimitsPart,
    LogPart,
    SegmentPart,
    SignPart,
    SitePart,
)
from vitrine.adapters.site_file.names import Names
from vitrine.domain.site import (
    Conversion,
    Item,
    Limits,
    LogMapping,
    PathRule,
    Segment,
    Sign,
    SignKind,
    Site,
)


def build_site(part: SitePart, names: Names) -> Site:
    """Return the site that a checked file declares."""
    return Site(
        id=part.id,
        title=part.title,
        version=_version(part),
        languages=tuple(part.languages),
        sections=_items(part.sections),
        projects=_items(part.projects),
        skills=_items(part.skills),
        timeline=frozenset(entry.id for entry in part.timeline),
        channels=frozenset(part.channels),
        segments=tuple(_segment(segment, part.languages) for segment in part.segments),
        event_types=names.event_types,
        conversions=tuple(Conversion(c.event, c.params) for c in part.conversions),
        origins=tuple(part.origins),
        hosts=frozenset(part.hosts),
        referrers=part.referrers or None,
        log=_log(part.log),
        limits=_limits(part.limits),
        threshold=part.threshold,
        featured=part.featured,
        highlighted=part.highlighted,
    )


def _version(part: SitePart) -> str:
    """Return a name for all that the file says: 12 hexadecimal digits of its BLAKE2b hash."""
    canonical = json.dumps(part.model_dump(), sort_keys=True, separators=(",", ":"))
    return blake2b(canonical.encode(errors="surrogatepass"), digest_size=6).hexdigest()


def _items(parts: Iterable[ItemPart]) -> Mapping[str, Item]:
    return {part.id: Item(part.id, part.title, frozenset(part.tags)) for part in parts}


def _segment(part: SegmentPart, languages: Iterable[str]) -> Segment:
    signs = tuple(map(_sign, part.signs))
    return Segment(part.id, part.title, signs, part.share, _reasoning(part.reasoning, languages))


def _sign(part: SignPart) -> Sign:
    kind = next(kind for kind in SignKind if getattr(part, kind.value) is not None)
    return Sign(kind, getattr(part, kind.value), part.strength)


def _reasoning(
    texts: Mapping[str, str] | None, languages: Iterable[str]
) -> Mapping[str, str] | None:
    if texts is None or EVERY_LANGUAGE not in texts:
        return texts
    return {language: texts.get(language, texts[EVERY_LANGUAGE]) for language in languages}


def _log(part: LogPart) -> LogMapping:
    return LogMapping(
        pages=tuple(PathRule(re.compile(p.match), p.event, p.params) for p in part.pages),
        assets=tuple(map(re.compile, part.assets)),
        feeds=tuple(map(re.compile, part.feeds)),
    )


def _limits(part: LimitsPart) -> Limits:
    return Limits(
        max_age_ms=round(part.max_age_hours * 3_600_000),
        max_ahead_ms=round(part.max_ahead_minutes * 60_000),
    )
