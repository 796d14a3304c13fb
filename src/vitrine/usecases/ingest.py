"""Takes a request's events: each is judged, the good ones are stored, all get a receipt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from vitrine.domain.event import (
    LONGEST_ID,
    Event,
    EventReader,
    Rejection,
    RejectionReason,
    is_visitor_id,
)
from vitrine.domain.limit import LimitName
from vitrine.domain.pseudonym import truncated
from vitrine.domain.visit import LONGEST_VISIT_EVENTS, TIMEOUT_MS, Visit
from vitrine.signals import (
    UNKNOWN_EVENT_NAME,
    BotReason,
    BotRecognised,
    Emit,
    EventsReceived,
    LimitReached,
    Receipt,
    VisitSegmented,
)
from vitrine.usecases.identify import OWNER, Identify, Sender
from vitrine.usecases.ports import Crawlers, Limits, Recorded, Switch, Unit, VisitStore

TOOLS = frozenset({"http-library", "browser-automation"})
"""Listed agents that are the machine's own tools when they call from the machine itself."""

BOT = Rejection(RejectionReason.BOT, "recognised as a bot; nothing was stored")
OVER_LIMIT = Rejection(RejectionReason.OVER_LIMIT, "too many events; slow down")
SITE_OVER_LIMIT = Rejection(
    RejectionReason.OVER_LIMIT, "the site takes no more events for now; try again in a minute"
)
BAD_VISITOR = Rejection(
    RejectionReason.MALFORMED,
    f"user_pseudo_id: must be a printable text of 1 to {LONGEST_ID} characters",
)


class EventReceipt(NamedTuple):
    """What became of one event; `dropped` names parameters that its type does not have."""

    event_id: str | None
    result: Receipt
    rejection: Rejection | None = None
    dropped: tuple[str, ...] = ()


class Ingested(NamedTuple):
    """The receipts, in the order of the events, and whose page the answer may carry.

    `visit` is that of the last accepted event, `None` where several visitors were named or
    nothing was accepted.
    """

    receipts: list[EventReceipt]
    visit: Visit | None


@dataclass(slots=True)
class _Judged:
    """A request's events as they are sorted: what goes to the store, and what is said."""

    receipts: list[EventReceipt] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)


class Ingest:
    """Callable with the raw events of one request and who sent them.

    Raises `StoreUnavailableError` where the events could not be made durable; then nothing
    was stored and the sender may try again.
    """

    def __init__(
        self,
        *,
        reader: EventReader,
        names: Collection[str],
        store: VisitStore,
        identify: Identify,
        crawlers: Crawlers,
        limits: Limits,
        switch: Switch,
        clock: Callable[[], int],
        emit: Emit,
    ) -> None:
        self._reader = reader
        self._names = names
        self._store = store
        self._identify = identify
        self._crawlers = crawlers
        self._limits = limits
        self._switch = switch
        self._clock = clock
        self._emit = emit

    async def __call__(self, raws: Sequence[Any], sender: Sender) -> Ingested:
        now_ms = self._clock()
        refusal = self._refuse_sender(sender, len(raws))
        judged = _Judged()
        whose = [refusal] * len(raws) if refusal else await self._whose(raws, sender, now_ms)
        for raw, visitor in zip(raws, whose, strict=True):
            verdict: Event | Rejection
            dropped: tuple[str, ...] = ()
            if isinstance(visitor, Rejection):
                verdict = visitor
            else:
                verdict, dropped = self._reader.read(raw, visitor, now_ms)
            event_id = raw.get("event_id") if isinstance(raw, dict) else None
            _sort(judged, verdict, event_id if isinstance(event_id, str) else None, dropped)
        recorded = None
        if judged.events:
            alone = len({event.visitor for event in judged.events}) == 1
            unit = Unit(judged.events, serving=alone and self._switch.on)
            recorded = await self._store.record(unit)
            _mark(judged, recorded)
        if refusal is None and (refused := sum(r.rejection is BOT for r in judged.receipts)):
            self._emit(BotRecognised(BotReason.BURST, "", refused))
        self._announce(raws, judged.receipts, recorded)
        return Ingested(judged.receipts, _sole_visit(judged, recorded))

    def _refuse_sender(self, sender: Sender, events: int) -> Rejection | None:
        if self._identify.is_owner(None, sender):
            return OWNER
        if not sender.agent:
            self._emit(BotRecognised(BotReason.NO_AGENT, "", events))
            return BOT
        category = self._crawlers.match(sender.agent)
        if category is None or (sender.local and category in TOOLS):
            return None
        self._emit(BotRecognised(BotReason.LISTED, category, events))
        return BOT

    async def _whose(
        self, raws: Sequence[Any], sender: Sender, now_ms: int
    ) -> Sequence[str | Rejection]:
        """Return the visitor of each event, or why it is not taken whatever it says."""
        known: dict[Any, str | Rejection] = {}
        whose: list[str | Rejection] = []
        for raw in raws:
            claimed = raw.get("user_pseudo_id") if isinstance(raw, dict) else None
            if claimed is not None and not is_visitor_id(claimed):
                whose.append(BAD_VISITOR)
                continue
            visitor = known.get(claimed)
            if visitor is None:
                visitor = await self._identify.visitor(claimed, sender, now_ms)
                if isinstance(visitor, str):
                    visitor = self._refused(visitor, now_ms) or visitor
                known[claimed] = visitor
            whose.append(visitor)
        return whose if sender.local else await self._within_limits(whose, sender, now_ms)

    def _refused(self, visitor: str, now_ms: int) -> Rejection | None:
        known = self._store.recall(visitor)
        if not isinstance(known, Visit):
            return None
        if known.bot:
            return BOT
        lasting = now_ms - known.last <= TIMEOUT_MS
        return OVER_LIMIT if lasting and known.events >= LONGEST_VISIT_EVENTS else None

    async def _within_limits(
        self, whose: Sequence[str | Rejection], sender: Sender, now_ms: int
    ) -> Sequence[str | Rejection]:
        """Refuse what is over the limits, which are asked once for the whole request."""
        asking = [visitor for visitor in whose if isinstance(visitor, str)]
        if not asking:
            return whose
        found = await self._limits.take(truncated(sender.address), asking, now_ms)
        for limit, events in Counter(filter(None, found)).items():
            self._emit(LimitReached(limit, events))
        refusals = iter(found)
        return [one if isinstance(one, Rejection) else _said(next(refusals), one) for one in whose]

    def _announce(
        self, raws: Sequence[Any], receipts: Sequence[EventReceipt], recorded: Recorded | None
    ) -> None:
        counts: Mapping[tuple[str, Receipt, RejectionReason | None], int] = Counter(
            (
                self._name(raw),
                receipt.result,
                receipt.rejection.reason if receipt.rejection else None,
            )
            for raw, receipt in zip(raws, receipts, strict=True)
        )
        self._emit(EventsReceived(counts, recorded.visits_started if recorded else 0))
        for visit in recorded.visits.values() if recorded else ():
            if visit.bot:
                self._emit(BotRecognised(BotReason.BURST, "", 0))
                continue
            self._emit(
                VisitSegmented(
                    visit.visitor,
                    visit.segment,
                    round(visit.confidence, 4),
                    visit.events,
                    visit.ordinal == 1,
                    visit.decided_after == visit.events,
                )
            )

    def _name(self, raw: Any) -> str:
        name = raw.get("event_name") if isinstance(raw, dict) else None
        return name if isinstance(name, str) and name in self._names else UNKNOWN_EVENT_NAME


def _said(refusal: LimitName | None, visitor: str) -> str | Rejection:
    """Return the visitor, or what to say to one whom a limit refuses."""
    if refusal is None:
        return visitor
    return SITE_OVER_LIMIT if refusal is LimitName.SITE_EVENTS else OVER_LIMIT


def _sort(
    judged: _Judged, verdict: Event | Rejection, event_id: str | None, dropped: tuple[str, ...]
) -> None:
    if isinstance(verdict, Rejection):
        judged.receipts.append(EventReceipt(event_id, Receipt.REJECTED, verdict))
        return
    judged.positions.append(len(judged.receipts))
    judged.events.append(verdict)
    judged.receipts.append(EventReceipt(event_id, Receipt.ACCEPTED, None, dropped))


def _mark(judged: _Judged, recorded: Recorded) -> None:
    """Change the receipts of what the store knew better."""
    for index in recorded.duplicates:
        position = judged.positions[index]
        judged.receipts[position] = judged.receipts[position]._replace(result=Receipt.DUPLICATE)
    for index in recorded.refused:
        position = judged.positions[index]
        event_id = judged.receipts[position].event_id
        judged.receipts[position] = EventReceipt(event_id, Receipt.REJECTED, BOT)


def _sole_visit(judged: _Judged, recorded: Recorded | None) -> Visit | None:
    if recorded is None or len({event.visitor for event in judged.events}) != 1:
        return None
    return recorded.visits.get(judged.events[0].visitor)
