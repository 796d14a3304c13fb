"""One visit as it grows: what was seen, what it is taken for, and what it was shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from vitrine.domain.event import Event
from vitrine.domain.evidence import Evidence, FeatureWeights
from vitrine.domain.opinion import Opinions
from vitrine.domain.segment import assess
from vitrine.domain.site import Conversion

TIMEOUT_MS = 30 * 60_000
"""Silence that ends a visit; web analytics' usual half hour."""
MEMORY_OF_EARLIER_VISITS = 0.5
LONGEST_VISIT_EVENTS = 2_000

DELIBERATE = frozenset(
    {
        "project_click",
        "contact_intent",
        "language_switch",
        "download_resume",
        "external_link_click",
    }
)
BURST_MS = 1_000
BURST_EVENTS = 20
"""More deliberate acts than this within `BURST_MS` are not made by a hand."""


@dataclass(slots=True)
class Visit:
    """A visit; the key is (`visitor`, `ordinal`), the first visit being 1.

    Folding makes a new one: a visit that was handed out never changes. Times are
    milliseconds since the epoch. `decided_after` counts the events before the first
    decision. `exposed_at` is when the visitor was first handed a decision (in this visit
    or an earlier one), in both arms at the same point, and `converted` whether a conversion
    came after that.
    """

    visitor: str
    ordinal: int
    started: int
    last: int
    events: int = 0
    features: FeatureWeights = field(default_factory=dict)
    landing: str | None = None
    referrer: str | None = None
    segment: str | None = None
    confidence: float = 0.0
    decided_after: int | None = None
    held_out: bool = False
    exposed_at: int | None = None
    conversions: int = 0
    converted: bool = False
    bot: bool = False
    burst_started: int = 0
    burst: int = 0


@dataclass(frozen=True, slots=True)
class Folding:
    """How visits grow on one site: its evidence, threshold and conversions.

    `held_out` tells which visitors always see the default page; `opinions` are what models
    have said of visits like these.
    """

    evidence: Evidence
    threshold: float
    conversions: tuple[Conversion, ...]
    held_out: Callable[[str], bool]
    opinions: Opinions | None = None

    def fold(self, visit: Visit | None, events: Sequence[Event], *, serving: bool) -> list[Visit]:
        """Return the visits that the visitor's events (in time order) touch, the current last.

        A silence of half an hour starts a new visit, which remembers half of what the
        earlier ones showed. `serving` is false where events come from a file and nobody
        was shown anything: many then come at once, so the visit is assessed after each of
        them until it is decided, as if it had been live.
        """
        touched: list[Visit] = []
        current = None
        for event in events:
            if current is None:
                current = self._continue(visit, event)
            elif event.at - current.last > TIMEOUT_MS:
                touched.append(self._assessed(current, serving=serving))
                current = self._continue(current, event)
            self._take(current, event)
            if not serving and current.decided_after is None:
                self._assessed(current, serving=False)
        if current is not None:
            touched.append(self._assessed(current, serving=serving))
        return touched

    def _take(self, visit: Visit, event: Event) -> None:
        if visit.events == 0:
            section = event.params.get("section_id")
            visit.landing = str(section) if section is not None else None
            referrer = event.params.get("page_referrer")
            visit.referrer = str(referrer) if referrer is not None else None
        self.evidence.observe(event, visit.features, first=visit.events == 0)
        visit.events += 1
        visit.last = max(visit.last, event.at)
        if self._converts(event):
            visit.conversions += 1
            visit.converted = visit.converted or visit.exposed_at is not None
        if event.clocked and event.name in DELIBERATE:
            _watch_pace(visit, event.at)

    def _converts(self, event: Event) -> bool:
        return any(
            conversion.event == event.name
            and all(event.params.get(name) == value for name, value in conversion.params.items())
            for conversion in self.conversions
        )

    def _assessed(self, visit: Visit, *, serving: bool) -> Visit:
        visit.segment, visit.confidence = assess(
            visit.features, self.evidence, self.threshold, self.opinions
        )
        if visit.segment is not None and visit.decided_after is None:
            visit.decided_after = visit.events
        if serving and visit.segment is not None and visit.exposed_at is None:
            visit.exposed_at = visit.last
        return visit

    def _continue(self, visit: Visit | None, event: Event) -> Visit:
        """Return a visit of its own to write into: the same one grown on, or the next."""
        if visit is None:
            held_out = self.held_out(event.visitor)
            return Visit(event.visitor, 1, event.at, event.at, held_out=held_out)
        if event.at - visit.last <= TIMEOUT_MS:
            return replace(visit, features=dict(visit.features))
        return Visit(
            visit.visitor,
            visit.ordinal + 1,
            event.at,
            event.at,
            features={
                feature: count * MEMORY_OF_EARLIER_VISITS
                for feature, count in visit.features.items()
                if not feature.startswith(("landing:", "referrer:"))
            },
            held_out=self.held_out(visit.visitor),
            exposed_at=visit.exposed_at,
            bot=visit.bot,
        )


def _watch_pace(visit: Visit, at: int) -> None:
    if abs(at - visit.burst_started) > BURST_MS:
        visit.burst_started, visit.burst = at, 0
    visit.burst += 1
    if visit.burst > BURST_EVENTS:
        visit.bot = True
