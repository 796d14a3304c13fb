from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from tests.sites import small_site
from vitrine.adapters.memory import MemoryOpinions, MemoryVisitStore
from vitrine.domain.evidence import Evidence
from vitrine.domain.opinion import Opinions
from vitrine.domain.question import FailureReason, Question, SkipReason
from vitrine.domain.visit import Folding, Visit
from vitrine.domain.weights import FITTED
from vitrine.signals import FingerprintsLooked, Signal
from vitrine.usecases.chain import RULES
from vitrine.usecases.consult import MOST_BATCHES, RECENT_MS, REST_MS, Consult, Consulted
from vitrine.usecases.model_ports import Answer, Attempt, T

SITE = small_site()
EVIDENCE = Evidence(SITE, FITTED)
NOW = 1_700_000_000_000
PROJECTS = list(SITE.projects)
SKILLS = list(SITE.skills)


def visit(number: int, *names: str, **changes: Any) -> Visit:
    features = dict.fromkeys(names, 1.0)
    return Visit(f"{number:032x}", 1, NOW, NOW, events=2, features=features, **changes)


def distinct(count: int) -> list[Visit]:
    """Return visits that differ in what they saw, none of which decides anything."""
    kinds: list[tuple[str, ...]] = [
        (f"project:{project}", f"skill:{skill}") for project in PROJECTS for skill in SKILLS
    ]
    kinds += [(*kind, "pace:read") for kind in kinds]
    kinds += [(*kind, "event:project_click") for kind in kinds]
    return [visit(number, *kinds[number]) for number in range(count)]


Answering = Callable[[Question[Any]], str | FailureReason | SkipReason]


class Oracle:
    """An analyst that answers what it is told to, and notes how much it was asked at once."""

    def __init__(self, answering: Answering) -> None:
        self.sizes: list[int] = []
        self._answering = answering

    async def answer(self, question: Question[T]) -> Answer[T]:
        self.sizes.append(len(json.loads(question.prompt().evidence)["visits"]))
        said = self._answering(question)
        if isinstance(said, FailureReason | SkipReason):
            return Answer(question.local(), RULES, RULES, (Attempt("gemini", said),))
        return Answer(question.read(said), "gemini", "flash")


def students(question: Question[Any]) -> str:
    """Say of every visit that it is certainly a student's."""
    asked = json.loads(question.prompt().evidence)["visits"]
    visits = [{"id": one["id"], "segment": "STUDENT", "certainty": 1.0} for one in asked]
    return json.dumps({"visits": visits})


class Setting:
    def __init__(self, visits: Sequence[Visit], answering: Answering = students) -> None:
        self.now = NOW
        self.opinions = Opinions(EVIDENCE)
        folding = Folding(EVIDENCE, 0.5, SITE.conversions, lambda _: False, self.opinions)
        self.store = MemoryVisitStore(folding)
        self.store.visits = {(one.visitor, one.ordinal): one for one in visits}
        self.store._current = {one.visitor: one for one in visits}
        self.kept = MemoryOpinions()
        self.oracle = Oracle(answering)
        self.heard: list[Signal] = []
        self.consult = self.another()

    def another(self) -> Consult:
        """Return the same use case as another process has it."""
        return Consult(
            site=SITE,
            evidence=EVIDENCE,
            opinions=self.opinions,
            store=self.store,
            kept=self.kept,
            analyst=self.oracle,
            emit=self.heard.append,
            clock=lambda: self.now,
        )


async def test_many_kinds_of_visits_are_asked_twenty_at_a_time() -> None:
    setting = Setting(distinct(45))
    found = await setting.consult()
    assert setting.oracle.sizes == [20, 20, 5]
    assert found[:3] == Consulted(0, 45, 45, 0)[:3]
    assert setting.heard == [FingerprintsLooked(0, 45)]


async def test_visits_of_one_kind_ask_one_question_once_for_all() -> None:
    same = [visit(number, "project:train-tracker", "pace:read") for number in range(50)]
    setting = Setting(same)
    assert await setting.consult() == Consulted(0, 1, 1, 50)
    assert {one.segment for one in setting.store.visits.values()} <= {"STUDENT", None}
    await setting.consult()
    assert setting.oracle.sizes == [1]


async def test_an_answer_is_kept_with_who_gave_it_and_serves_other_processes() -> None:
    setting = Setting(distinct(1))
    await setting.consult()
    (kept,) = await setting.kept.since(SITE.version, 0, 10)
    assert (kept.segment, kept.certainty) == ("STUDENT", 1.0)
    assert (kept.provider, kept.model, kept.answered_at) == ("gemini", "flash", NOW)
    assert kept.features == {f"project:{PROJECTS[0]}": 1, f"skill:{SKILLS[0]}": 1}
    setting.opinions = Opinions(EVIDENCE)
    await setting.another().load()
    assert kept.fingerprint in setting.opinions


async def test_the_next_visitor_of_that_kind_is_decided_without_asking() -> None:
    setting = Setting([visit(1, "project:learn-git")])
    await setting.consult()
    assert setting.opinions.witness({"project:learn-git": 1.0}) is not None


async def test_only_people_who_showed_something_and_stay_undecided_are_asked_about() -> None:
    setting = Setting(
        [
            visit(1, "project:shop-front", bot=True),
            visit(2, "project:shop-front", segment="STUDENT"),
            visit(3, "landing:home", "referrer:search"),
        ]
    )
    assert await setting.consult() == Consulted(0, 0, 0, 0)
    assert setting.oracle.sizes == []


async def test_a_muddled_batch_is_halved_and_never_asked_one_by_one() -> None:
    setting = Setting(distinct(20), lambda _: FailureReason.MISMATCH)
    assert (await setting.consult()).answered == 0
    assert sorted(setting.oracle.sizes) == [5, 5, 5, 5, 10, 10, 20]


async def test_smaller_batches_save_what_a_model_can_do() -> None:
    def only_small(question: Question[Any]) -> str | FailureReason:
        size = len(json.loads(question.prompt().evidence)["visits"])
        return students(question) if size <= 10 else FailureReason.MISMATCH

    setting = Setting(distinct(20), only_small)
    assert (await setting.consult()).answered == 20
    assert setting.oracle.sizes == [20, 10, 10]


async def test_any_other_failure_is_not_asked_again_in_parts() -> None:
    setting = Setting(distinct(20), lambda _: FailureReason.SERVER_ERROR)
    assert (await setting.consult()).answered == 0
    assert setting.oracle.sizes == [20]
    assert not await setting.kept.since(SITE.version, 0, 10), "local rules are nobody's opinion"


async def test_a_flood_of_visits_is_asked_about_in_several_runs() -> None:
    setting = Setting(distinct(MOST_BATCHES * 20 + 40))
    await setting.consult()
    assert len(setting.oracle.sizes) == MOST_BATCHES


async def test_a_batch_that_nobody_answers_ends_the_run_and_rests_a_while() -> None:
    setting = Setting(distinct(60), lambda _: FailureReason.SCHEMA)
    assert (await setting.consult()).asked == 20
    assert setting.oracle.sizes == [20]
    await setting.consult()
    assert setting.heard[-1] == FingerprintsLooked(0, 20), "the same twenty were paid for again"
    again = Setting(distinct(20), lambda _: FailureReason.SCHEMA)
    await again.consult()
    await again.consult()
    assert again.oracle.sizes == [20]
    again.now += REST_MS
    await again.consult()
    assert again.oracle.sizes == [20, 20]


async def test_who_was_not_asked_for_want_of_budget_is_asked_as_soon_as_there_is_some() -> None:
    setting = Setting(distinct(3), lambda _: SkipReason.BUDGET)
    await setting.consult()
    await setting.consult()
    assert setting.oracle.sizes == [3, 3]


async def test_old_visits_are_asked_about_only_where_that_is_wanted() -> None:
    setting = Setting(distinct(2))
    setting.now = NOW + RECENT_MS + 1
    assert (await setting.consult()).asked == 0
    assert (await setting.consult(NOW)).asked == 2
