"""What a period teaches: figures of its visits, and insights that stand on them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from vitrine.domain.question.insights import Insight, InsightsQuestion
from vitrine.domain.site import Site
from vitrine.domain.visit import Visit
from vitrine.usecases.model_ports import Analyst
from vitrine.usecases.ports import VisitStore

DAY_MS = 24 * 3_600_000
PAGE = 5_000


class Report(NamedTuple):
    """The figures of a period, what they teach, and who said so (`rules` are local)."""

    days: int
    figures: dict[str, float | int | str]
    insights: tuple[Insight, ...]
    leg: str
    model: str


@dataclass(slots=True)
class _Period:
    """Counts over the visits of people in a period."""

    visits: int = 0
    visitors: set[str] = field(default_factory=set)
    decided: int = 0
    in_first_visit: int = 0
    conversions: int = 0
    segments: Counter[str] = field(default_factory=Counter)
    used: Counter[tuple[str, str]] = field(default_factory=Counter)

    def add(self, visit: Visit) -> None:
        self.visits += 1
        self.visitors.add(visit.visitor)
        self.conversions += visit.conversions
        if visit.segment is not None:
            self.decided += 1
            self.in_first_visit += visit.ordinal == 1
            self.segments[visit.segment] += 1
        for feature in visit.features:
            kind, _, item = feature.partition(":")
            self.used[kind, item] += 1


class Review:
    """Callable; reads the visits of the last days and asks the analyst what they teach."""

    def __init__(
        self, *, site: Site, store: VisitStore, analyst: Analyst, clock: Callable[[], int]
    ) -> None:
        self._site = site
        self._store = store
        self._analyst = analyst
        self._clock = clock

    async def __call__(self, days: int) -> Report:
        """Return the report; raises `StoreUnavailableError` as the store does."""
        period = _Period()
        since_ms = self._clock() - days * DAY_MS
        after: tuple[str, int] | None = None
        while page := await self._store.visits_since(since_ms, after, PAGE):
            for visit in page:
                if not visit.bot:
                    period.add(visit)
            after = (page[-1].visitor, page[-1].ordinal)
        figures = self._figures(period)
        answer = await self._analyst.answer(InsightsQuestion(days, figures))
        return Report(days, figures, answer.value, answer.leg, answer.model)

    def _figures(self, period: _Period) -> dict[str, float | int | str]:
        figures: dict[str, float | int | str] = {
            "visits": period.visits,
            "visitors": len(period.visitors),
            "decided": period.decided,
            "decided_percent": _percent(period.decided, period.visits),
            "decided_in_first_visit": period.in_first_visit,
            "conversions": period.conversions,
        }
        for segment in self._site.segment_ids:
            count = period.segments[segment]
            figures[f"{segment}.visits"] = count
            figures[f"{segment}.percent"] = _percent(count, period.decided)
        if period.segments:
            figures["largest_segment"] = period.segments.most_common(1)[0][0]
        catalogue = {"project": self._site.projects, "skill": self._site.skills}
        for kind, items in catalogue.items():
            counts = {item: period.used[kind, item] for item in items if period.used[kind, item]}
            if counts:
                most = max(counts, key=lambda item: counts[item])
                figures[f"most_used_{kind}"] = most
                figures[f"most_used_{kind}.visits"] = counts[most]
        return figures


def _percent(part: int, whole: int) -> float:
    return round(100 * part / whole, 1) if whole else 0.0
