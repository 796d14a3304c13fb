"""What each segment should be shown first, in ids of the site's catalogue."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from vitrine.domain.question import Prompt, QuestionKind
from vitrine.domain.question.reading import document, member, mismatch, only
from vitrine.domain.question.segments import site_evidence
from vitrine.domain.rule import Suggestion, Use
from vitrine.domain.site import Site

KINDS = ("section", "project", "skill")
MOST_REASONS = 3
INSTRUCTIONS = """\
You arrange a web site for kinds of visitors. The user message is JSON.
"catalogue" names the site's sections, projects and skills by id, in the owner's own order.
"segments" names each segment with its signs and their strength; "tags" names the items that
carry a tag. "use" tells for each segment how many visits there were and how often each item
was used. For each segment give the order of all sections, projects and skills that suits it
best, and up to three ids ("kind:id") that decided you. Where there is little use, go by the
signs. Answer with JSON alone; use ids of the catalogue and no others, each exactly once."""
TOKENS_AN_ID = 16


class SegmentUse(NamedTuple):
    """What visits of one segment used."""

    visits: int
    use: Use


@dataclass(frozen=True, slots=True)
class RulesQuestion:
    """Asks for an order of every kind of item for every segment, in one call."""

    site: Site
    use: Mapping[str, SegmentUse]

    @property
    def kind(self) -> QuestionKind:
        return QuestionKind.RULES

    def prompt(self) -> Prompt:
        use = {
            segment: {
                "visits": found.visits,
                **{
                    f"{kind}:{item}": round(count, 1)
                    for kind, items in sorted(found.use.items())
                    for item, count in sorted(items.items())
                    if item in self._ids.get(kind, ())
                },
            }
            for segment, found in self.use.items()
            if segment in self.site.segment_ids
        }
        evidence = {"catalogue": self._ids, **site_evidence(self.site), "use": use}
        items = sum(map(len, self._ids.values())) + MOST_REASONS + len(KINDS)
        return Prompt(
            INSTRUCTIONS,
            json.dumps(evidence, separators=(",", ":")),
            self._schema(),
            TOKENS_AN_ID * items * len(self.site.segment_ids),
        )

    def read(self, text: str) -> dict[str, Suggestion]:
        """Return a suggestion for each segment of the site, no more and no fewer."""
        answered = document(text)
        if set(answered) != set(self.site.segment_ids):
            mismatch("other segments are answered than were asked")
        return {segment: self._suggestion(answered[segment]) for segment in self.site.segment_ids}

    def local(self) -> dict[str, Suggestion]:
        """Return no suggestion: the catalogue's signs and real use then speak alone."""
        return {}

    @property
    def _ids(self) -> dict[str, list[str]]:
        site = self.site
        return {
            "section": list(site.sections),
            "project": list(site.projects),
            "skill": list(site.skills),
        }

    def _suggestion(self, entry: Any) -> Suggestion:
        entry = only(entry, (*KINDS, "because"))
        order = {kind: tuple(member(entry, kind, list)) for kind in KINDS}
        for kind, ids in self._ids.items():
            if sorted(map(str, order[kind])) != sorted(ids):
                mismatch(f"the {kind}s are not those of the catalogue, each once")
        because = tuple(member(entry, "because", list))
        known = {f"{kind}:{item}" for kind, ids in self._ids.items() for item in ids}
        if len(because) > MOST_REASONS or not all(
            isinstance(reason, str) and reason in known for reason in because
        ):
            mismatch("a reason is not of the catalogue")
        return Suggestion(order, because)

    def _schema(self) -> Mapping[str, Any]:
        texts = {"type": "array", "items": {"type": "string"}}
        segment = {
            "type": "object",
            "properties": dict.fromkeys((*KINDS, "because"), texts),
            "required": [*KINDS, "because"],
            "additionalProperties": False,
        }
        return {
            "type": "object",
            "properties": dict.fromkeys(self.site.segment_ids, segment),
            "required": list(self.site.segment_ids),
            "additionalProperties": False,
        }
