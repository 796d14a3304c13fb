from __future__ import annotations

import json
from typing import Any

from tests.sites import small_site
from vitrine.adapters.memory import MemoryNotes
from vitrine.domain.question import FailureReason, Question
from vitrine.usecases.analyse import NOTE as USE
from vitrine.usecases.analyse import Tally, UseTable, load_rules
from vitrine.usecases.chain import RULES
from vitrine.usecases.model_ports import Answer, Attempt, T
from vitrine.usecases.suggest import ASK_EVERY_MS, ENOUGH_VISITS, Suggest
from vitrine.usecases.suggestions import NOTE, suggestions_of

SITE = small_site()
NOW = 1_700_000_000_000


class Oracle:
    """Turns every order of the catalogue round, or fails."""

    def __init__(self) -> None:
        self.asked = 0
        self.fails = False

    async def answer(self, question: Question[T]) -> Answer[T]:
        self.asked += 1
        if self.fails:
            attempt = Attempt("gemini", FailureReason.BLANK)
            return Answer(question.local(), RULES, RULES, (attempt,))
        catalogue: dict[str, Any] = json.loads(question.prompt().evidence)["catalogue"]
        turned = {kind: ids[::-1] for kind, ids in catalogue.items()}
        said = {name: {**turned, "because": ["skill:git"]} for name in SITE.segment_ids}
        return Answer(question.read(json.dumps(said)), "gemini", "flash")


class Setting:
    def __init__(self) -> None:
        self.now, self.oracle, self.notes = NOW, Oracle(), MemoryNotes()
        self.suggest = Suggest(
            site=SITE, notes=self.notes, analyst=self.oracle, clock=lambda: self.now
        )


async def test_a_suggestion_is_kept_and_changes_the_rules() -> None:
    setting = Setting()
    before = await load_rules(SITE, setting.notes)
    assert await setting.suggest()
    kept = json.loads(await setting.notes.get(NOTE) or b"")
    assert (kept["provider"], kept["model"], kept["at"]) == ("gemini", "flash", NOW)
    after = await load_rules(SITE, setting.notes)
    assert after.version != before.version
    assert after.rule("STUDENT", "en").highlight_skills[0] == list(SITE.skills)[-1]
    assert after.rule(None, "en") == before.rule(None, "en")


async def test_it_is_asked_once_a_day() -> None:
    setting = Setting()
    assert await setting.suggest()
    assert not await setting.suggest()
    setting.now += ASK_EVERY_MS
    assert await setting.suggest()
    assert setting.oracle.asked == 2


async def test_nobody_is_asked_where_visitors_speak_for_themselves() -> None:
    setting = Setting()
    enough = {name: Tally(ENOUGH_VISITS) for name in SITE.segment_ids}
    await setting.notes.put(USE, UseTable(SITE.version, Tally(500), enough).dump())
    assert not await setting.suggest()
    assert setting.oracle.asked == 0


async def test_a_failure_keeps_what_was_suggested_before() -> None:
    setting = Setting()
    await setting.suggest()
    kept = await setting.notes.get(NOTE)
    setting.oracle.fails = True
    setting.now += ASK_EVERY_MS
    assert not await setting.suggest()
    assert await setting.notes.get(NOTE) == kept


def test_a_note_that_cannot_be_read_suggests_nothing() -> None:
    for stored in (None, b"", b"[]", b"{", b'{"site":"1","segments":{"STUDENT":{"order":1}}}'):
        assert suggestions_of(SITE, stored) == {}
