"""The ports in memory: for tests, for trying things out, and as the contract's reference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from vitrine.domain.event import Event
from vitrine.domain.experiment import Arm
from vitrine.domain.visit import Folding, Visit
from vitrine.usecases.archive import BINS, Crowd, Past
from vitrine.usecases.model_ports import KeptOpinion, Spent
from vitrine.usecases.ports import Forgotten, History, Recorded, Unit
from vitrine.usecases.record import EventKey, duplicates_in, event_key, fold_unit, same_state


class MemoryVisitStore:
    """Satisfies `VisitStore`; forgets everything with the process."""

    def __init__(self, folding: Folding) -> None:
        self.events: list[tuple[Event, int]] = []
        self.visits: dict[tuple[str, int], Visit] = {}
        self._current: dict[str, Visit] = {}
        self._keys: set[EventKey] = set()
        self._folding = folding

    async def record(self, unit: Unit) -> Recorded:
        keys = [event_key(event) for event in unit.events]
        duplicates = duplicates_in(keys, self._keys)
        recorded, ordinals = fold_unit(unit, duplicates, self._current.get, self._folding)
        self._keys.update(key for key in keys if key is not None)
        self.events.extend(
            (event, ordinal)
            for event, ordinal in zip(unit.events, ordinals, strict=True)
            if ordinal
        )
        self._current.update(recorded.visits)
        self.visits.update({(visit.visitor, visit.ordinal): visit for visit in recorded.touched})
        return recorded

    def recall(self, visitor: str) -> Visit | None:
        return self._current.get(visitor)

    async def latest(self, visitor: str) -> Visit | None:
        return self._current.get(visitor)

    def recent(self, since_ms: int) -> Sequence[Visit]:
        return [visit for visit in self._current.values() if visit.last >= since_ms]

    async def visits_since(
        self,
        since_ms: int,
        after: tuple[str, int] | None,
        limit: int = 5_000,
        until: str | None = None,
    ) -> Sequence[Visit]:
        keys = sorted(
            key
            for key in self.visits
            if (after is None or key > after) and (until is None or key[0] < until)
        )
        return [self.visits[k] for k in keys if self.visits[k].last >= since_ms][:limit]

    async def reassess(self, visits: Sequence[Visit]) -> None:
        for visit in visits:
            stored = self.visits.get((visit.visitor, visit.ordinal))
            if stored is None or not same_state(stored, visit):
                continue
            changed = replace(stored, segment=visit.segment, confidence=visit.confidence)
            self.visits[visit.visitor, visit.ordinal] = changed
            if self._current[visit.visitor].ordinal == visit.ordinal:
                self._current[visit.visitor] = changed

    async def history(self, visitor: str) -> History:
        visits = [self.visits[key] for key in sorted(self.visits) if key[0] == visitor]
        return History(visits, [event for event, _ in self.events if event.visitor == visitor])

    async def forget(self, visitor: str) -> Forgotten:
        visits, events = await self.history(visitor)
        self.events = [kept for kept in self.events if kept[0].visitor != visitor]
        self.visits = {key: visit for key, visit in self.visits.items() if key[0] != visitor}
        self._keys = {key for key in self._keys if key[0] != visitor}
        self._current.pop(visitor, None)
        return Forgotten(len(visits), len(events))

    async def expire(self, before_ms: int) -> Forgotten:
        gone = {key for key, visit in self.visits.items() if visit.last < before_ms}
        events = [kept for kept in self.events if (kept[0].visitor, kept[1]) not in gone]
        forgotten = Forgotten(len(gone), len(self.events) - len(events))
        self.events = events
        self._keys = {named for event, _ in events if (named := event_key(event)) is not None}
        for key in gone:
            if self._current.get(key[0]) is self.visits.pop(key):
                del self._current[key[0]]
        return forgotten

    async def outcomes(self, since_ms: int) -> Mapping[str, Arm]:
        arms: dict[bool, dict[str, bool]] = {False: {}, True: {}}
        for visit in self.visits.values():
            if visit.exposed_at is not None and visit.exposed_at >= since_ms and not visit.bot:
                arm = arms[visit.held_out]
                arm[visit.visitor] = arm.get(visit.visitor, False) or visit.converted
        return {
            name: Arm(len(arm), sum(arm.values()))
            for name, arm in (("personalized", arms[False]), ("holdout", arms[True]))
        }


class MemoryArchive:
    """Satisfies `Archive` on what a memory store has taken."""

    def __init__(self, store: MemoryVisitStore) -> None:
        self._store = store

    async def crowds(self, since_ms: int) -> Sequence[Crowd]:
        found: dict[tuple[str | None, int], list[Visit]] = {}
        for visit in self._people(since_ms):
            place = min(int(visit.confidence * BINS), BINS - 1)
            found.setdefault((visit.segment, place), []).append(visit)
        return [
            Crowd(
                segment,
                place,
                len(visits),
                sum(visit.ordinal == 1 for visit in visits),
                sum(visit.conversions for visit in visits),
                sum(visit.conversions > 0 for visit in visits),
                sum(visit.confidence for visit in visits),
            )
            for (segment, place), visits in found.items()
        ]

    async def events(self, since_ms: int) -> Mapping[tuple[str | None, str], int]:
        people = {(visit.visitor, visit.ordinal): visit for visit in self._people(since_ms)}
        counts: Counter[tuple[str | None, str]] = Counter()
        for event, ordinal in self._store.events:
            visit = people.get((event.visitor, ordinal))
            if visit is not None:
                counts[visit.segment, event.name] += 1
        return counts

    async def latest(self, most: int) -> Sequence[Visit]:
        return list(reversed(self._store.visits.values()))[:most]

    async def past(self, visitor: str) -> Sequence[Past]:
        visits = sorted(
            (visit for (known, _), visit in self._store.visits.items() if known == visitor),
            key=lambda visit: visit.ordinal,
        )
        return [
            Past(
                visit,
                sorted(
                    (
                        event
                        for event, ordinal in self._store.events
                        if (event.visitor, ordinal) == (visitor, visit.ordinal)
                    ),
                    key=lambda event: event.at,
                ),
            )
            for visit in visits
        ]

    def _people(self, since_ms: int) -> Iterator[Visit]:
        visits = self._store.visits.values()
        return (visit for visit in visits if visit.last >= since_ms and not visit.bot)


class MemoryNotes:
    """Satisfies `Notes`."""

    def __init__(self) -> None:
        self._values: dict[str, bytes] = {}

    async def get(self, name: str) -> bytes | None:
        return self._values.get(name)

    async def put(self, name: str, value: bytes) -> None:
        self._values[name] = value

    async def swap(self, name: str, before: bytes | None, after: bytes) -> bool:
        if self._values.get(name) != before:
            return False
        self._values[name] = after
        return True


class MemoryLogKeys:
    """Satisfies `LogKeys`."""

    def __init__(self) -> None:
        self._keys: dict[int, bytes] = {}

    async def keep(self, week: int, key: bytes) -> bytes:
        return self._keys.setdefault(week, key)

    async def kept(self, since: int) -> Mapping[int, bytes]:
        return {week: key for week, key in self._keys.items() if week >= since}

    async def destroy(self, before: int) -> None:
        self._keys = dict(await self.kept(before))


class MemorySpending:
    """Satisfies `Spending` for one process."""

    def __init__(self) -> None:
        self._days: dict[str, Spent] = {}

    async def reserve(self, day: str, micro_usd: int, limit: int) -> bool:
        now = await self.of(day)
        if now.reserved + now.spent + micro_usd > limit:
            return False
        self._days[day] = now._replace(reserved=now.reserved + micro_usd)
        return True

    async def settle(self, day: str, reserved: int, spent: int) -> None:
        now = await self.of(day)
        self._days[day] = Spent(now.reserved - reserved, now.spent + spent, now.calls + 1)

    async def of(self, day: str) -> Spent:
        return self._days.get(day, Spent())

    async def since(self, day: str) -> Spent:
        days = [spent for known, spent in self._days.items() if known >= day]
        return Spent(*map(sum, zip(*days, strict=True))) if days else Spent()


class MemoryOpinions:
    """Satisfies `OpinionStore`; forgets everything with the process."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], KeptOpinion] = {}

    async def keep(self, site_version: str, opinions: Sequence[KeptOpinion]) -> None:
        self._kept.update({(site_version, kept.fingerprint): kept for kept in opinions})

    async def since(self, site_version: str, answered_at: int, limit: int) -> Sequence[KeptOpinion]:
        found = [
            kept
            for (version, _), kept in self._kept.items()
            if version == site_version and kept.answered_at >= answered_at
        ]
        return sorted(found, key=lambda kept: -kept.answered_at)[:limit]
