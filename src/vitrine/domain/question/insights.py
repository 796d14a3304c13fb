"""What a period teaches: what, why, so what, and what to do; every number is one that was sent."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from vitrine.domain.question import Prompt, QuestionKind
from vitrine.domain.question.reading import document, member, only, refuse

FIELDS = ("what", "why", "so_what", "recommendation")
MOST_INSIGHTS = 5
LONGEST = 300
"""Characters of one sentence."""
MOST_TOKENS = 1_200
INSTRUCTIONS = """\
You advise the owner of a web site that shows visitors what suits them. The user message is
JSON: figures of a period, by name. Give up to five insights: "what" happened, "why" it may
have, "so_what" it means for the owner, and a "recommendation". One plain English sentence
each, under 300 characters. Write every number in digits, exactly as it stands in the figures,
and no other number at all: no sums, no rounding, no number words. No markup, no links.
Answer with JSON alone."""

Figures = Mapping[str, float | int | str]
"""Figures of a period by name, such as `visits` or `RECRUITER.visits`; text values are ids."""

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NUMBER_WORD = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|hundreds?|thousands?"
    r"|millions?|half|halved|thirds?|quarters?|twice|thrice|doubled?|tripled?|doubles|triples)\b",
    re.IGNORECASE,
)
_NOT_PLAIN = re.compile(r"[<>{}\[\]`|\\*#]|https?:|www\.|[\x00-\x1f\x7f]")


class Insight(NamedTuple):
    """Four sentences; one that could not be held against the figures is empty."""

    what: str
    why: str
    so_what: str
    recommendation: str


@dataclass(frozen=True, slots=True)
class InsightsQuestion:
    """Asks what the figures of a period teach; `days` is its length."""

    days: int
    figures: Figures

    @property
    def kind(self) -> QuestionKind:
        return QuestionKind.INSIGHTS

    def prompt(self) -> Prompt:
        evidence = json.dumps({"days": self.days, "figures": dict(self.figures)})
        return Prompt(INSTRUCTIONS, evidence, _SCHEMA, MOST_TOKENS)

    def read(self, text: str) -> tuple[Insight, ...]:
        """Return the insights, without the sentences that say a number which was not sent."""
        answered = member(only(document(text), ("insights",)), "insights", list)
        if len(answered) > MOST_INSIGHTS:
            refuse(f"more than {MOST_INSIGHTS} insights")
        found = [self._insight(entry) for entry in answered]
        kept = tuple(insight for insight in found if insight.what)
        if not kept:
            refuse("no sentence holds against the figures")
        return kept

    def local(self) -> tuple[Insight, ...]:
        """Return what the figures say by themselves, in our own sentences."""
        return tuple(_observed(self.figures))[:MOST_INSIGHTS]

    def _insight(self, entry: Any) -> Insight:
        entry = only(entry, FIELDS)
        return Insight(*(self._sentence(member(entry, name, str)) for name in FIELDS))

    def _sentence(self, text: str) -> str:
        sentence = text.strip()
        bad = (
            len(sentence) > LONGEST or _NOT_PLAIN.search(sentence) or _NUMBER_WORD.search(sentence)
        )
        said = set(_NUMBER.findall(_without_ids(sentence, self.figures)))
        return "" if bad or not said <= self._numbers() else sentence

    def _numbers(self) -> frozenset[str]:
        """Return every form in which a number that was sent may be written."""
        values = [self.days, *(v for v in self.figures.values() if not isinstance(v, str))]
        return frozenset(
            form for value in values for form in (f"{value:g}", str(value), f"{value:,}")
        )


def _without_ids(sentence: str, figures: Figures) -> str:
    """Return a sentence without the ids in it: the 3 of `web3-shop` is no number."""
    ids = {value for value in figures.values() if isinstance(value, str)}
    names = {part for name in figures for part in name.split(".")}
    for word in sorted(ids | names, key=len, reverse=True):
        if any(character.isdigit() for character in word):
            sentence = sentence.replace(word, " ")
    return sentence


def _observed(figures: Figures) -> Iterator[Insight]:
    visits, decided = figures.get("visits", 0), figures.get("decided", 0)
    if not visits:
        yield Insight(
            "Nobody visited the site in this period.",
            "Either there was no traffic, or the site does not send events.",
            "Nothing can be learnt before visitors are seen.",
            "Open the site with the browser's network panel and look for POST /api/events.",
        )
        return
    share = figures.get("decided_percent", 0)
    yield Insight(
        f"{decided} of {visits} visits were decided, {share} percent.",
        "A visit is decided when what it shows makes one segment likely enough.",
        "Everybody else sees the page as it was designed.",
        "Give segments more signs in the site file where this is too few."
        if isinstance(share, int | float) and share < 50
        else "Leave the signs as they are.",
    )
    segment = figures.get("largest_segment")
    if isinstance(segment, str):
        count = figures.get(f"{segment}.visits", 0)
        yield Insight(
            f"{segment} was the largest segment with {count} visits.",
            "That is whom the site attracts now.",
            "What they look at first decides what most personalized visitors see.",
            f"Preview their page: vitrine preview {segment}.",
        )
    for kind in ("project", "skill"):
        item = figures.get(f"most_used_{kind}")
        if isinstance(item, str):
            yield Insight(
                f"The {kind} used most was {item}.",
                "It was seen in more visits than any other; what stands first is seen most.",
                "It can stand for the site where there is room for one.",
                f"See that {item} is up to date.",
            )


_SENTENCE = {"type": "string", "maxLength": LONGEST}
_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {
        "insights": {
            "type": "array",
            "maxItems": MOST_INSIGHTS,
            "items": {
                "type": "object",
                "properties": dict.fromkeys(FIELDS, _SENTENCE),
                "required": list(FIELDS),
                "additionalProperties": False,
            },
        }
    },
    "required": ["insights"],
    "additionalProperties": False,
}
