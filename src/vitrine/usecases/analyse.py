"""Refreshes what each segment is shown from what its visitors really use."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from typing import NamedTuple

from vitrine.domain.evidence import Evidence
from vitrine.domain.opinion import Opinions
from vitrine.domain.rule import Pins, Rule, Suggestion, rule_for
from vitrine.domain.segment import assess_many
from vitrine.domain.site import Site
from vitrine.domain.visit import Visit
from vitrine.signals import Emit, RulesRefreshed
from vitrine.usecases.override import NOTE as OVERRIDES
from vitrine.usecases.override import overrides_of
from vitrine.usecases.ports import Notes, VisitStore
from vitrine.usecases.suggestions import NOTE as SUGGESTIONS
from vitrine.usecases.suggestions import suggestions_of

NOTE = "rules"
WINDOW_MS = 30 * 24 * 3_600_000
"""Visits of the last 30 days speak: a month sees every weekday often, and tastes move on."""
PAGE = 5_000
SAME_CONFIDENCE = 1e-9
"""The bulk assessment adds up in another order; a smaller difference is none."""


@dataclass(slots=True)
class Tally:
    """What a group of visits used: weighted uses by kind and item."""

    visits: int = 0
    use: dict[str, dict[str, float]] = field(default_factory=dict)

    def add(self, uses: Sequence[tuple[str, str, float]]) -> None:
        """Count one visit with its (kind, item, uses)."""
        self.visits += 1
        for kind, item, count in uses:
            of_kind = self.use.setdefault(kind, {})
            of_kind[item] = of_kind.get(item, 0.0) + count

    def join(self, other: Tally) -> None:
        """Add what other visits used."""
        self.visits += other.visits
        for kind, items in other.use.items():
            of_kind = self.use.setdefault(kind, {})
            for item, uses in items.items():
                of_kind[item] = of_kind.get(item, 0.0) + uses


@dataclass(frozen=True, slots=True)
class UseTable:
    """What visitors of each segment used, and what all did, under one version of the site."""

    site_version: str
    everyone: Tally = field(default_factory=Tally)
    segments: dict[str, Tally] = field(default_factory=dict)

    def join(self, other: UseTable) -> None:
        """Add what other visits used, under the same version of the site."""
        self.everyone.join(other.everyone)
        for segment, tally in other.segments.items():
            self.segments.setdefault(segment, Tally()).join(tally)

    def dump(self) -> bytes:
        """Return the table as JSON."""
        segments = {name: [tally.visits, tally.use] for name, tally in self.segments.items()}
        everyone = [self.everyone.visits, self.everyone.use]
        table = {"site": self.site_version, "everyone": everyone, "segments": segments}
        return json.dumps(table, separators=(",", ":")).encode()

    @classmethod
    def load(cls, stored: bytes | None, site: Site) -> UseTable:
        """Return a stored table; an empty one where it is none or of another site version."""
        try:
            table = json.loads(stored or b"{}")
            if table["site"] == site.version:
                segments = {name: _tally(*found) for name, found in table["segments"].items()}
                return cls(site.version, _tally(*table["everyone"]), segments)
        except (ValueError, TypeError, KeyError, AttributeError):
            pass  # a table that cannot be read teaches nothing; the next analysis rewrites it
        return cls(site.version)


def _tally(visits: int, use: Mapping[str, Mapping[str, float]]) -> Tally:
    read = {
        kind: {item: float(uses) for item, uses in items.items()} for kind, items in use.items()
    }
    return Tally(int(visits), read)


class RuleBook:
    """What each segment is shown in each language; `version` changes whenever any of it does."""

    def __init__(
        self,
        site: Site,
        table: UseTable,
        suggestions: Mapping[str, Suggestion] | None = None,
        pins: Mapping[str, Pins] | None = None,
    ) -> None:
        nobody = Tally()
        suggested, pinned = suggestions or {}, pins or {}
        self._site = site
        self._rules: dict[tuple[str | None, str], Rule] = {}
        for segment in (None, *site.segment_ids):
            tally = table.segments.get(segment, nobody) if segment else nobody
            for language in site.languages:
                self._rules[segment, language] = rule_for(
                    site,
                    segment,
                    language,
                    tally.use,
                    tally.visits,
                    table.everyone.use,
                    suggested.get(segment) if segment else None,
                    pinned.get(segment) if segment else None,
                )
        digest = blake2b(f"{site.version}\0{self._rules!r}".encode(), digest_size=8)
        self.version = digest.hexdigest()

    def rule(self, segment: str | None, language: str) -> Rule:
        """Return what a segment is shown; one that the site does not declare, the default.

        A language that the site does not speak gets the nearest that it does.
        """
        spoken = self._site.language(language)
        found = self._rules.get((segment, spoken))
        return self._rules[None, spoken] if found is None else found

    def __iter__(self) -> Iterator[tuple[str, Rule]]:
        """Yield each rule with its language, the default page's first."""
        return ((language, rule) for (_, language), rule in self._rules.items())


async def load_rules(site: Site, notes: Notes) -> RuleBook:
    """Return the rules of the last analysis, or those that the catalogue alone gives.

    What was learnt under another version of the site is not used. Raises
    `StoreUnavailableError` as the store does.
    """
    suggestions = suggestions_of(site, await notes.get(SUGGESTIONS))
    pins = overrides_of(site, await notes.get(OVERRIDES)).pins
    return RuleBook(site, UseTable.load(await notes.get(NOTE), site), suggestions, pins)


class Part(NamedTuple):
    """What an analysis found of some of the visitors."""

    table: UseTable
    bots: int = 0
    reassessed: int = 0


class Analysis(NamedTuple):
    """What an analysis found. `visits` leaves out bots; `segments` counts those decided.

    `reassessed` visits got another segment or confidence than when they were stored, and
    `changed` tells whether anybody is shown anything new.
    """

    rules: RuleBook
    visits: int
    bots: int
    reassessed: int
    segments: Mapping[str, int]
    changed: bool


class Analyse:
    """Callable; reads the visits of the last 30 days page by page and derives the rules."""

    def __init__(
        self,
        *,
        site: Site,
        evidence: Evidence,
        store: VisitStore,
        notes: Notes,
        emit: Emit,
        clock: Callable[[], int],
        opinions: Opinions | None = None,
    ) -> None:
        self._site = site
        self._evidence = evidence
        self._opinions = opinions
        self._store = store
        self._notes = notes
        self._emit = emit
        self._clock = clock
        self._items = {
            f"{kind}:{item}": (kind, item)
            for kind, items in (
                ("project", site.projects),
                ("skill", site.skills),
                ("section", site.sections),
            )
            for item in items
        }

    async def __call__(self, now_ms: int | None = None) -> Analysis:
        """Return what was found once the rules are stored; `now_ms` is the clock's if left out.

        Raises `StoreUnavailableError` as the store does; the rules then stay as they were.
        """
        return await self.conclude([await self.part(self._clock() if now_ms is None else now_ms)])

    async def part(self, now_ms: int, first: str = "", until: str | None = None) -> Part:
        """Return what is found of the visitors from `first` up to `until`; no rule changes.

        Raises `StoreUnavailableError` as the store does.
        """
        table = UseTable(self._site.version)
        bots = reassessed = 0
        after = (first, 0)
        while page := await self._store.visits_since(now_ms - WINDOW_MS, after, PAGE, until):
            assessed, moved = await asyncio.to_thread(self._assessed, page)
            if moved:
                await self._store.reassess(moved)
            reassessed += len(moved)
            bots += await asyncio.to_thread(self._count, assessed, table)
            after = (page[-1].visitor, page[-1].ordinal)
        return Part(table, bots, reassessed)

    async def conclude(self, parts: Sequence[Part]) -> Analysis:
        """Derive the rules from all parts of an analysis; may be done again, to the same end.

        Raises `StoreUnavailableError` as the store does; the rules then stay as they were.
        """
        table = UseTable(self._site.version)
        for part in parts:
            table.join(part.table)
        before = await load_rules(self._site, self._notes)
        await self._notes.put(NOTE, table.dump())
        rules = await load_rules(self._site, self._notes)
        changed = rules.version != before.version
        self._emit(RulesRefreshed(rules.version, table.everyone.visits, changed))
        counts = {
            name: table.segments[name].visits if name in table.segments else 0
            for name in self._site.segment_ids
        }
        bots, reassessed = sum(part.bots for part in parts), sum(part.reassessed for part in parts)
        return Analysis(rules, table.everyone.visits, bots, reassessed, counts, changed)

    def _assessed(self, page: Sequence[Visit]) -> tuple[list[Visit], list[Visit]]:
        """Return the visits as the present site understands them, and those that moved."""
        assessments = assess_many(
            [visit.features for visit in page],
            self._evidence,
            self._site.threshold,
            self._opinions,
        )
        assessed, moved = [], []
        for visit, (segment, confidence) in zip(page, assessments, strict=True):
            same = abs(visit.confidence - confidence) < SAME_CONFIDENCE
            if visit.segment == segment and same:
                assessed.append(visit)
            else:
                assessed.append(replace(visit, segment=segment, confidence=confidence))
                moved.append(assessed[-1])
        return assessed, moved

    def _count(self, visits: Sequence[Visit], table: UseTable) -> int:
        """Add what the visits used to the table; return how many were bots and left out.

        A visit's say in an item grows with the logarithm of its uses, as its evidence does,
        so that one busy visitor does not outvote many.
        """
        bots = 0
        for visit in visits:
            if visit.bot:
                bots += 1
                continue
            uses = [
                (*self._items[feature], math.log2(1.0 + weight))
                for feature, weight in visit.features.items()
                if feature in self._items
            ]
            table.everyone.add(uses)
            if visit.segment is not None:
                table.segments.setdefault(visit.segment, Tally()).add(uses)
        return bots
