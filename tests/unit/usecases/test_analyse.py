from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sites import small_site
from vitrine.adapters.memory import MemoryNotes, MemoryVisitStore
from vitrine.domain.evidence import Evidence
from vitrine.domain.rule import rule_for
from vitrine.domain.segment import assess
from vitrine.domain.site import Site
from vitrine.domain.visit import Folding, Visit
from vitrine.domain.weights import FITTED
from vitrine.signals import RulesRefreshed, Signal
from vitrine.usecases.analyse import NOTE, WINDOW_MS, Analyse, RuleBook, UseTable, load_rules
from vitrine.usecases.ports import StoreUnavailableError

SITE = small_site()
EVIDENCE = Evidence(SITE, FITTED)
NOW = 100 * WINDOW_MS
STUDENT = {
    "project:sql-course": 2.0,
    "section:education": 7.0,
    "skill:git": 7.0,
    "pace:study": 3.0,
    "event:repeat_view": 3.0,
    "referrer:education": 1.0,
}
RECRUITER = {"event:download_resume": 1.0, "section:experience": 3.0, "referrer:professional": 1.0}


class PagedStore(MemoryVisitStore):
    """Gives two visits a page, whatever was asked for, and notes what was written back."""

    def __init__(self, visits: Sequence[Visit]) -> None:
        folding = Folding(EVIDENCE, SITE.threshold, SITE.conversions, lambda _: False)
        super().__init__(folding)
        self.visits = {(visit.visitor, visit.ordinal): visit for visit in visits}
        self._current = {visit.visitor: visit for visit in visits}
        self.reassessed: list[Visit] = []

    async def visits_since(
        self,
        since_ms: int,
        after: tuple[str, int] | None,
        limit: int = 5_000,
        until: str | None = None,
    ) -> Sequence[Visit]:
        return await super().visits_since(since_ms, after, min(limit, 2), until)

    async def reassess(self, visits: Sequence[Visit]) -> None:
        self.reassessed.extend(visits)
        await super().reassess(visits)


class FailingNotes(MemoryNotes):
    async def put(self, name: str, value: bytes) -> None:
        raise StoreUnavailableError("the disk is full")


def _visit(number: int, features: dict[str, float], *, at: int = NOW, bot: bool = False) -> Visit:
    segment, confidence = assess(features, EVIDENCE, SITE.threshold)
    visit = Visit(f"visitor-{number:05d}", 1, at, at, events=5, features=features)
    visit.segment, visit.confidence, visit.bot = segment, confidence, bot
    return visit


def _analyse(
    store: MemoryVisitStore, notes: MemoryNotes, signals: list[Signal] | None = None
) -> Analyse:
    emit = (signals if signals is not None else []).append
    return Analyse(
        site=SITE, evidence=EVIDENCE, store=store, notes=notes, emit=emit, clock=lambda: NOW
    )


async def test_without_visits_the_catalogue_alone_speaks() -> None:
    signals: list[Signal] = []
    found = await _analyse(PagedStore([]), MemoryNotes(), signals)()
    assert found.visits == found.bots == found.reassessed == 0
    assert not found.changed
    assert found.rules.rule("STUDENT", "en") == rule_for(SITE, "STUDENT", "en")
    assert found.segments == dict.fromkeys(SITE.segment_ids, 0)
    assert signals == [RulesRefreshed(found.rules.version, 0, changed=False)]


async def test_what_visitors_of_a_segment_use_moves_to_the_front_of_theirs_alone() -> None:
    features = {**STUDENT, "project:train-tracker": 7.0}
    visits = [_visit(number, features) for number in range(301)]
    visits += [_visit(number, RECRUITER) for number in range(500, 600)]
    assert [visit.segment for visit in visits] == ["STUDENT"] * 301 + ["RECRUITER"] * 100
    found = await _analyse(PagedStore(visits), MemoryNotes())()
    assert found.changed
    assert (found.visits, found.segments["STUDENT"]) == (401, 301)
    student = found.rules.rule("STUDENT", "en")
    assert student.visits == 301
    assert student.featured_projects[:2] == ("sql-course", "train-tracker")
    assert student.reasoning.endswith(
        "In 301 visits of this kind, Train Tracker was the project used most."
    )
    assert "train-tracker" not in rule_for(SITE, "STUDENT", "en").featured_projects
    plain = rule_for(SITE, "RECRUITER", "en").featured_projects
    assert found.rules.rule("RECRUITER", "en").featured_projects == plain


async def test_one_busy_visitor_does_not_outvote_many() -> None:
    busy = _visit(0, {**STUDENT, "project:learn-git": 100_000.0})
    many = [_visit(number, {**STUDENT, "skill:docker": 1.0}) for number in range(1, 40)]
    notes = MemoryNotes()
    await _analyse(PagedStore([busy, *many]), notes)()
    use = UseTable.load(await notes.get(NOTE), SITE).segments["STUDENT"].use
    assert use["project"]["learn-git"] == pytest.approx(16.6, abs=0.1)
    assert use["skill"]["docker"] == 39.0


async def test_bots_are_counted_and_teach_nothing() -> None:
    bots = [_visit(number, STUDENT, bot=True) for number in range(5)]
    found = await _analyse(PagedStore([*bots, _visit(9, {})]), MemoryNotes())()
    assert (found.bots, found.visits) == (5, 1)
    assert found.rules.rule("STUDENT", "en").visits == 0


async def test_visits_older_than_the_window_do_not_speak() -> None:
    old, edge = _visit(1, STUDENT, at=NOW - WINDOW_MS - 1), _visit(2, STUDENT, at=NOW - WINDOW_MS)
    assert (await _analyse(PagedStore([old, edge]), MemoryNotes())()).visits == 1
    assert (await _analyse(PagedStore([old, edge]), MemoryNotes())(NOW + 1)).visits == 0


async def test_visits_are_assessed_anew_and_only_those_that_moved_written_back() -> None:
    stale = replace(_visit(1, STUDENT), segment="RECRUITER", confidence=0.9)
    fresh = _visit(2, STUDENT)
    store = PagedStore([stale, fresh, _visit(3, {})])
    found = await _analyse(store, MemoryNotes())()
    assert [visit.visitor for visit in store.reassessed] == [stale.visitor]
    assert found.reassessed == 1
    assert store.visits[stale.visitor, 1].segment == "STUDENT"
    assert found.segments["STUDENT"] == 2
    assert found.segments["RECRUITER"] == 0


async def test_a_confidence_that_moved_is_written_back_too() -> None:
    store = PagedStore([replace(_visit(1, STUDENT), confidence=0.5)])
    assert (await _analyse(store, MemoryNotes())()).reassessed == 1
    (visit,) = store.visits.values()
    assert visit.confidence == pytest.approx(assess(STUDENT, EVIDENCE, SITE.threshold).confidence)


async def test_a_second_analysis_of_the_same_visits_changes_nothing() -> None:
    store, notes = PagedStore([_visit(number, STUDENT) for number in range(30)]), MemoryNotes()
    first = await _analyse(store, notes)()
    second = await _analyse(store, notes)()
    assert (first.changed, second.changed) == (True, False)
    assert first.rules.version == second.rules.version


async def test_another_process_loads_the_rules_that_were_derived() -> None:
    notes = MemoryNotes()
    found = await _analyse(PagedStore([_visit(n, STUDENT) for n in range(200)]), notes)()
    loaded = await load_rules(SITE, notes)
    assert loaded.version == found.rules.version
    assert list(loaded) == list(found.rules)


async def test_rules_of_another_site_version_are_not_used() -> None:
    notes = MemoryNotes()
    await _analyse(PagedStore([_visit(n, STUDENT) for n in range(200)]), notes)()
    edited = replace(SITE, version="2")
    assert list(await load_rules(edited, notes)) == list(RuleBook(edited, UseTable("2")))


async def test_a_store_that_fails_leaves_the_rules_and_announces_nothing() -> None:
    signals: list[Signal] = []
    with pytest.raises(StoreUnavailableError):
        await _analyse(PagedStore([_visit(1, STUDENT)]), FailingNotes(), signals)()
    assert signals == []


def test_ids_that_the_site_does_not_declare_are_not_used() -> None:
    stored = UseTable(SITE.version)
    stored.everyone.add([("project", "gone", 500.0), ("banner", "top", 500.0)])
    stored.segments["LEFT"] = stored.everyone
    rules = RuleBook(SITE, UseTable.load(stored.dump(), SITE))
    assert {rule.segment for _, rule in rules} == {None, *SITE.segment_ids}
    assert [rule for _, rule in rules] == [rule for _, rule in RuleBook(SITE, UseTable("1"))]


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["site", "everyone", "segments", "x"]), inner, max_size=4)
    ),
)


@given(
    st.one_of(
        st.none(),
        st.binary(max_size=40),
        st.tuples(_JSON, _JSON).map(
            lambda found: json.dumps(
                {"site": "1", "everyone": found[0], "segments": found[1]}
            ).encode()
        ),
    )
)
def test_a_note_that_cannot_be_read_is_as_good_as_none(stored: bytes | None) -> None:
    assert list(RuleBook(SITE, UseTable.load(stored, SITE))) == list(
        RuleBook(SITE, UseTable(SITE.version))
    )


def _rules(site: Site) -> RuleBook:
    return RuleBook(site, UseTable(site.version))


def test_a_segment_of_an_earlier_site_gets_the_default_page() -> None:
    assert _rules(SITE).rule("NO_LONGER", "de") == rule_for(SITE, None, "de")


@pytest.mark.parametrize(("wanted", "given"), [("de", "de"), ("de-AT", "de"), ("fr", "en")])
def test_a_language_that_the_site_does_not_speak_gets_the_nearest(wanted: str, given: str) -> None:
    assert _rules(SITE).rule("STUDENT", wanted) == rule_for(SITE, "STUDENT", given)


def test_the_version_follows_the_site_and_all_that_is_shown() -> None:
    versions = {_rules(site).version for site in (SITE, small_site())}
    assert len(versions) == 1
    versions.add(_rules(replace(SITE, version="2")).version)
    versions.add(_rules(replace(SITE, featured=2)).version)
    assert len(versions) == 3
