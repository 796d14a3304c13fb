"""Which segment kinds of visits belong to: one question for many of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from vitrine.domain.fingerprint import Levels
from vitrine.domain.opinion import Opinion
from vitrine.domain.question import Prompt, QuestionKind
from vitrine.domain.question.reading import document, member, mismatch, only, refuse
from vitrine.domain.site import Site

MOST_VISITS = 20
INSTRUCTIONS = """\
You classify visits of a web site. The user message is JSON.
"segments" names each segment with its signs: a sign is a feature of a visit with a strength,
positive where it speaks for the segment, negative where it speaks against it.
"tags" names the items of the site that carry a tag, for signs of the kind "tag".
"visits" are kinds of visits: for each feature, 1 means seen, 2 seen again, 3 seen often.
For each visit name the segment that fits best, or null where none fits, and how certain you
are, from 0 to 1. Answer with JSON alone, every visit exactly once, under its own id."""
TOKENS_A_VISIT, TOKENS_AROUND = 48, 64


@dataclass(frozen=True, slots=True)
class SegmentsQuestion:
    """Asks for one opinion per kind of visit; at most `MOST_VISITS` at once."""

    site: Site
    visits: Sequence[Levels]

    @property
    def kind(self) -> QuestionKind:
        return QuestionKind.SEGMENTS

    def prompt(self) -> Prompt:
        visits = [
            {"id": _id(index), "seen": dict(levels)} for index, levels in enumerate(self.visits)
        ]
        evidence = {**site_evidence(self.site), "visits": visits}
        most_tokens = TOKENS_AROUND + TOKENS_A_VISIT * len(visits)
        text = json.dumps(evidence, separators=(",", ":"))
        return Prompt(INSTRUCTIONS, text, self._schema(), most_tokens)

    def read(self, text: str) -> tuple[Opinion, ...]:
        """Return one opinion per visit, in the order in which they were asked."""
        answered = member(only(document(text), ("visits",)), "visits", list)
        found: dict[str, Opinion] = {}
        for entry in answered:
            visit, opinion = self._opinion(entry)
            if visit in found:
                mismatch(f"{visit} is answered twice")
            found[visit] = opinion
        asked = [_id(index) for index in range(len(self.visits))]
        if set(found) != set(asked):
            mismatch(f"{len(found)} visits are answered, {len(asked)} were asked")
        return tuple(found[visit] for visit in asked)

    def local(self) -> tuple[Opinion, ...]:
        """Return no opinion on any of them: the visit's own evidence has been heard already."""
        return (Opinion(None, 0.0),) * len(self.visits)

    def _opinion(self, entry: Any) -> tuple[str, Opinion]:
        entry = only(entry, ("id", "segment", "certainty"))
        visit = member(entry, "id", str)
        certainty = float(member(entry, "certainty", (int, float)))
        if not 0.0 <= certainty <= 1.0:
            refuse("a certainty is outside 0 to 1")
        segment = entry.get("segment", "")
        if segment is not None and segment not in self.site.segment_ids:
            mismatch("a segment is not of the site")
        return visit, Opinion(segment, certainty)

    def _schema(self) -> Mapping[str, Any]:
        visit = {
            "type": "object",
            "properties": {
                "id": {"type": "string"},
                "segment": {"anyOf": [{"enum": list(self.site.segment_ids)}, {"type": "null"}]},
                "certainty": {"type": "number", "minimum": 0, "maximum": 1},
            },
            "required": ["id", "segment", "certainty"],
            "additionalProperties": False,
        }
        return {
            "type": "object",
            "properties": {"visits": {"type": "array", "items": visit}},
            "required": ["visits"],
            "additionalProperties": False,
        }


def site_evidence(site: Site) -> dict[str, Any]:
    """Return the segments with their signs and the tags that signs use: ids and numbers alone."""
    used = {sign.value for segment in site.segments for sign in segment.signs if sign.kind == "tag"}
    catalogue = {"project": site.projects, "skill": site.skills, "section": site.sections}
    tagged = {
        tag: [
            f"{kind}:{item.id}"
            for kind, items in catalogue.items()
            for item in items.values()
            if tag in item.tags
        ]
        for tag in sorted(used)
    }
    return {
        "segments": {
            segment.id: {f"{sign.kind}:{sign.value}": sign.strength for sign in segment.signs}
            for segment in site.segments
        },
        "tags": tagged,
    }


def _id(index: int) -> str:
    return f"v{index + 1}"
