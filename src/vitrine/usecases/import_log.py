"""Turns a web server's access log into events and visits, every line accounted for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import NamedTuple

from vitrine.domain.access_log import Entry, parse_line
from vitrine.domain.event import Event, RejectionReason
from vitrine.domain.log_line import LineKind, LineReader
from vitrine.domain.pseudonym import Pseudonyms
from vitrine.domain.site import Site
from vitrine.domain.visit import Visit
from vitrine.signals import BotReason, BotRecognised, Emit, EventsReceived, Receipt, VisitSegmented
from vitrine.usecases.import_receipt import ImportReceipt
from vitrine.usecases.log_survey import (
    HOUR_MS,
    LogSurvey,
    Progress,
    in_steps,
    survey,
    visitor_of,
)
from vitrine.usecases.ports import Crawlers, Unit, VisitStore

UNIT_EVENTS = 2_000
ROUNDS = 2
"""How often the lines are read: bots are told by the whole log, so it is surveyed first."""


class _Outcome(NamedTuple):
    segment: str | None
    decided_after: int | None


class _Repeats:
    """Names each line of a log by what it says and how many lines before it say the same.

    A line bears its time, so equal lines are near each other: three hours are remembered.
    The address goes in by the visitor's keyed pseudonym alone, so that nobody can find it
    by trying out addresses.
    """

    def __init__(self) -> None:
        self._seen: dict[int, Counter[bytes]] = {}

    def event_id(self, visitor: str, line: bytes, at_ms: int) -> str:
        """Return 128 bits in hexadecimal, the same whenever and from whichever file it comes."""
        _, _, told = line.rstrip().partition(b" ")
        digest = blake2b(visitor.encode() + told, digest_size=16)
        hour = at_ms // HOUR_MS
        if hour not in self._seen:
            self._seen = {h: seen for h, seen in self._seen.items() if abs(h - hour) <= 1}
            self._seen[hour] = Counter()
        key = digest.digest()
        self._seen[hour][key] += 1
        digest.update(str(self._seen[hour][key]).encode())
        return digest.hexdigest()


class ImportLog:
    """Imports access logs of one site; importing the same lines again adds nothing.

    What it holds at a time grows with the visitors of a log (under 1 KiB each) and with the
    events of three of its hours, not with its lines.
    """

    def __init__(
        self,
        site: Site,
        store: VisitStore,
        pseudonyms: Pseudonyms,
        crawlers: Crawlers,
        emit: Emit,
    ) -> None:
        self._reader = LineReader(site)
        self._store = store
        self._pseudonyms = pseudonyms
        self._crawlers = crawlers
        self._emit = emit

    async def __call__(self, lines: Iterable[bytes], progress: Progress) -> ImportReceipt:
        """Import the lines and return what became of each.

        The lines are read twice, so they must start anew each time they are iterated.
        `progress` is told how many lines were gone through since it was last told. Raises
        `StoreUnavailableError`; what was stored by then stays, and importing again goes on.
        """
        if isinstance(lines, Iterator):
            raise TypeError("the lines are read twice: give something that can start anew")
        found = await survey(lines, self._reader, self._pseudonyms, progress)
        second = _SecondRound(
            self._reader, self._store, self._pseudonyms, self._crawlers, self._emit, found
        )
        return await second.run(lines, progress)


@dataclass(slots=True)
class _SecondRound:
    reader: LineReader
    store: VisitStore
    pseudonyms: Pseudonyms
    crawlers: Crawlers
    emit: Emit
    found: LogSurvey
    receipt: ImportReceipt = field(default_factory=ImportReceipt)
    waiting: list[Event] = field(default_factory=list)
    visitors: set[str] = field(default_factory=set)
    outcomes: dict[tuple[str, int], _Outcome] = field(default_factory=dict)
    repeats: _Repeats = field(default_factory=_Repeats)

    async def run(self, lines: Iterable[bytes], progress: Progress) -> ImportReceipt:
        receipt = self.receipt
        async for line in in_steps(lines, progress):
            receipt.lines += 1
            self._take(line)
            if len(self.waiting) >= UNIT_EVENTS:
                await self._write()
        await self._write()
        receipt.visitors = len(self.visitors)
        for (_, ordinal), (segment, decided_after) in self.outcomes.items():
            receipt.note_visit(ordinal, segment, decided_after)
        for (reason, category), count in receipt.bots.items():
            self.emit(BotRecognised(reason, category, count))
        return receipt

    def _take(self, line: bytes) -> None:
        entry = parse_line(line)
        if entry is None:
            self.receipt.note_malformed()
            return
        self.receipt.note_time(entry.at_ms)
        visitor = visitor_of(entry, self.pseudonyms)
        bot = self._bot(entry, visitor)
        if bot is not None:
            self.receipt.bots[bot] += 1
            return
        kind = self.reader.kind(entry)
        if kind is not LineKind.EVENT:
            self.receipt.note_other(kind, entry.path)
            return
        self.visitors.add(visitor)
        event_id = self.repeats.event_id(visitor, line, entry.at_ms)
        self.waiting.append(self.reader.event(entry, visitor, event_id))

    def _bot(self, entry: Entry, visitor: str) -> tuple[BotReason, str] | None:
        if entry.agent is not None:
            if not entry.agent:
                return BotReason.NO_AGENT, ""
            category = self.crawlers.match(entry.agent)
            if category is not None:
                return BotReason.LISTED, category
        reason = self.found.bot(visitor)
        return (reason, "") if reason else None

    async def _write(self) -> None:
        events, self.waiting = self.waiting, []
        if not events:
            return
        recorded = await self.store.record(Unit(events, serving=False))
        counts: Counter[tuple[str, Receipt, RejectionReason | None]] = Counter()
        for index, event in enumerate(events):
            seen = index in recorded.duplicates
            counts[event.name, Receipt.DUPLICATE if seen else Receipt.ACCEPTED, None] += 1
        self.receipt.duplicates += len(recorded.duplicates)
        self.receipt.accepted += len(events) - len(recorded.duplicates)
        self.emit(EventsReceived(counts, recorded.visits_started))
        for visit in recorded.touched:
            self._announce(visit)

    def _announce(self, visit: Visit) -> None:
        key = visit.visitor, visit.ordinal
        before = self.outcomes.get(key)
        decided_before = before is not None and before.decided_after is not None
        self.outcomes[key] = _Outcome(visit.segment, visit.decided_after)
        self.emit(
            VisitSegmented(
                visit.visitor,
                visit.segment,
                round(visit.confidence, 4),
                visit.events,
                first_visit=visit.ordinal == 1,
                first_decision=visit.decided_after is not None and not decided_before,
            )
        )
