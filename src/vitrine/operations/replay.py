"""Sends an access log to a running service as live traffic, its time moved to now."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from vitrine.domain.access_log import Entry, parse_line
from vitrine.domain.log_line import LineKind, LineReader
from vitrine.domain.pseudonym import Pseudonyms
from vitrine.domain.site import Site
from vitrine.operations.traffic import Sendable, Tally, TrafficError, send, served_site
from vitrine.signals import BotReason
from vitrine.usecases.import_receipt import KEPT_NUMBERS
from vitrine.usecases.ingest import TOOLS
from vitrine.usecases.log_survey import HOUR_MS, LogSurvey, survey, visitor_of
from vitrine.usecases.ports import Crawlers

HOUR_S = 3600.0
LONGEST_AGENT = 512
AGENT_UNKNOWN = "Mozilla/5.0 (replayed from a log that names no agents)"
_NOT_IN_A_HEADER = re.compile(r"[^\x20-\x7e]")


@dataclass(slots=True)
class ReplayReceipt:
    """Every line of the log in exactly one class, and what the service said to those sent.

    `bots` are those that the service cannot see: by what they do in the log as a whole, and
    tools whose calls a service lets pass when they come from its own machine.
    """

    lines: int = 0
    malformed: int = 0
    malformed_lines: list[int] = field(default_factory=list)
    bots: Counter[BotReason] = field(default_factory=Counter)
    others: Counter[LineKind] = field(default_factory=Counter)
    sent: int = 0
    tally: Tally = field(default_factory=Tally)

    @property
    def gone_through(self) -> int:
        return self.malformed + self.bots.total() + self.others.total() + self.sent

    @property
    def not_reached(self) -> int:
        """Lines behind the limit, or behind the point where the replay was stopped."""
        return self.lines - self.gone_through

    @property
    def unanswered(self) -> int:
        """Events that were on their way when the replay was stopped."""
        return self.sent - self.tally.events

    def as_dict(self) -> dict[str, Any]:
        """Return the receipt for machines: plain names, numbers and lists."""
        return {
            "lines": self.lines,
            "malformed": self.malformed,
            "malformed_lines": self.malformed_lines,
            "bots": {reason.value: lines for reason, lines in sorted(self.bots.items())},
            **{k.value: self.others[k] for k in LineKind if k is not LineKind.EVENT},
            "sent": self.sent,
            "not_reached": self.not_reached,
            "unanswered": self.unanswered,
            "receipts": [
                {"result": result, "reason": reason, "events": events}
                for (result, reason), events in self.tally.receipts.most_common()
            ],
        }


class Replay:
    """One replay of one log; `receipt` is right at any time, so it may be stopped at any."""

    def __init__(self, site: Site, pseudonyms: Pseudonyms, crawlers: Crawlers) -> None:
        self.receipt = ReplayReceipt()
        self._site = site.id
        self._reader = LineReader(site)
        self._pseudonyms = pseudonyms
        self._crawlers = crawlers

    async def run(
        self,
        lines: Iterable[bytes],
        url: str,
        *,
        speed: float,
        limit: int | None = None,
        told: Callable[[], None] = lambda: None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> ReplayReceipt:
        """Send the log's events `speed` times as fast as they came; infinity means at once.

        The lines are read twice. `limit` ends it after that many events. `told` is called
        when the receipt has changed. Raises `TrafficError`, also where another site is served.
        """
        served = await served_site(url, transport)
        if served != self._site:
            raise TrafficError(
                f"the service at {url} serves the site {served!r}, not {self._site!r};"
                " choose the same with --site"
            )
        found = await survey(lines, self._reader, self._pseudonyms, lambda _lines: None)
        self.receipt.lines = found.lines
        planned = self.schedule(lines, found, speed=speed, limit=limit)

        def hear(tally: Tally) -> None:
            self.receipt.tally = tally
            told()

        await send(url, planned, told=hear, transport=transport)
        told()
        return self.receipt

    def schedule(
        self, lines: Iterable[bytes], found: LogSurvey, *, speed: float, limit: int | None
    ) -> Iterator[Sendable]:
        """Yield the log's events in file order, the first due now.

        Within an hour the stamps are not believed: its lines are spread evenly over it, as
        they follow each other in the file. Events bear no time: the service's clock tells it.
        """
        hours = _Hours(found)
        began: float | None = None
        for number, line in enumerate(lines, 1):
            if self.receipt.sent == limit:
                return
            entry = parse_line(line)
            if entry is None:
                self._note_malformed(number)
                continue
            due = hours.due_s(entry.at_ms)
            visitor = visitor_of(entry, self._pseudonyms)
            if not self._goes(entry, visitor, found):
                continue
            began = due if began is None else began
            raw = self._reader.raw_event(entry)
            raw |= {"user_pseudo_id": visitor, "event_id": str(number)}
            self.receipt.sent += 1
            yield Sendable((due - began) / speed, visitor, [raw], {"User-Agent": _agent(entry)})

    def _note_malformed(self, number: int) -> None:
        self.receipt.malformed += 1
        if len(self.receipt.malformed_lines) < KEPT_NUMBERS:
            self.receipt.malformed_lines.append(number)

    def _goes(self, entry: Entry, visitor: str, found: LogSurvey) -> bool:
        """Tell whether a line is sent; what is not is counted here."""
        kind = self._reader.kind(entry)
        if kind is not LineKind.EVENT:
            self.receipt.others[kind] += 1
            return False
        category = self._crawlers.match(entry.agent) if entry.agent else None
        bot = BotReason.LISTED if category in TOOLS else None
        if category is None and entry.agent != "":
            bot = found.bot(visitor)
        if bot is not None:
            self.receipt.bots[bot] += 1
        return bot is None


class _Hours:
    """Spreads the lines of each hour evenly over it."""

    def __init__(self, found: LogSurvey) -> None:
        self._lines = found.lines_by_hour
        self._first = min(found.lines_by_hour, default=0)
        self._seen: Counter[int] = Counter()
        self._latest = 0.0

    def due_s(self, at_ms: int) -> float:
        """Return the seconds from the log's first hour to its next line, never going back."""
        hour = at_ms // HOUR_MS
        part = self._seen[hour] / self._lines[hour]
        self._seen[hour] += 1
        self._latest = max(self._latest, (hour - self._first + part) * HOUR_S)
        return self._latest


def _agent(entry: Entry) -> str:
    if entry.agent is None:
        return AGENT_UNKNOWN
    return _NOT_IN_A_HEADER.sub("?", entry.agent).strip()[:LONGEST_AGENT]
