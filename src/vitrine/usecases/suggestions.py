"""What models suggested for each segment, as it is kept between analyses."""

from __future__ import annotations

import json
from collections.abc import Mapping

from vitrine.domain.question.rules import KINDS
from vitrine.domain.rule import Suggestion
from vitrine.domain.site import Site

NOTE = "suggestions"


def suggestions_of(site: Site, stored: bytes | None) -> Mapping[str, Suggestion]:
    """Return the kept suggestions for this version of the site; none where there are none."""
    kept = kept_suggestions(stored)
    segments = kept.get("segments")
    if kept.get("site") != site.version or not isinstance(segments, dict):
        return {}
    try:
        return {
            name: Suggestion(
                {kind: tuple(found["order"][kind]) for kind in KINDS}, tuple(found["because"])
            )
            for name, found in segments.items()
        }
    except (KeyError, TypeError):
        return {}


def kept_suggestions(stored: bytes | None) -> dict[str, object]:
    """Return the note as it was kept; what cannot be read is nothing, and asked for again."""
    try:
        found = json.loads(stored or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
