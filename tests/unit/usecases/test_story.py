"""A story tells step by step how a visit came to be understood."""

from __future__ import annotations

from tests.service import NOON, RECRUITED, Parts, batch
from vitrine.adapters.memory import MemoryArchive
from vitrine.domain.evidence import Evidence
from vitrine.domain.visit import TIMEOUT_MS, Folding
from vitrine.domain.weights import FITTED
from vitrine.usecases.census import FRESH_FOR_MS, Census
from vitrine.usecases.story import Story


def story(parts: Parts) -> Story:
    evidence = Evidence(parts.site, FITTED)
    folding = Folding(evidence, parts.site.threshold, parts.site.conversions, parts.held_out)
    return Story(parts.site, evidence, folding, MemoryArchive(parts.store))


async def test_each_step_has_the_confidence_after_it_and_the_deciding_one_is_named() -> None:
    parts = Parts()
    for number, event in enumerate(RECRUITED):
        parts.now = NOON + number * 1_000
        await parts.client.post(batch(event, visitor="ada"))
    (chapter,) = await story(parts)(parts.pseudonym("ada"))
    assert [step.name for step in chapter.steps] == [event["event_name"] for event in RECRUITED]
    (deciding,) = (number for number, step in enumerate(chapter.steps, 1) if step.decides)
    assert deciding == chapter.visit.decided_after
    last = chapter.steps[-1]
    assert (last.segment, last.confidence) == (chapter.visit.segment, chapter.visit.confidence)
    assert chapter.likeliest == "RECRUITER"
    assert chapter.evidence[0].log_odds > 0
    assert {reason.what for reason in chapter.evidence} >= {"downloaded the résumé"}


async def test_a_later_visit_begins_with_what_is_remembered() -> None:
    parts = Parts()
    await parts.client.post(batch(*RECRUITED, visitor="ada"))
    parts.now = NOON + 2 * TIMEOUT_MS
    await parts.client.post(batch(RECRUITED[0], visitor="ada"))
    first, second = await story(parts)(parts.pseudonym("ada"))
    assert (first.visit.ordinal, second.visit.ordinal) == (1, 2)
    assert second.steps[0].confidence == second.visit.confidence
    assert second.steps[0].confidence > first.steps[0].confidence


async def test_nobody_has_no_story() -> None:
    assert list(await story(Parts())("0" * 32)) == []


async def test_a_census_counts_by_segment_and_counts_anew_after_a_minute() -> None:
    parts = Parts()
    census = Census(parts.site, MemoryArchive(parts.store), lambda: parts.now)
    await parts.client.post(batch(*RECRUITED, visitor="ada"))
    arrived = {"event_name": "section_view", "event_params": {"section_id": "home"}}
    await parts.client.post(batch(arrived, visitor="bob"))
    counted = await census(7)
    groups = {group.segment: group for group in counted.groups}
    assert list(groups) == [*parts.site.segment_ids, None]
    assert (counted.visits, counted.decided) == (2, 1)
    assert groups["RECRUITER"].converted == 1
    assert groups["RECRUITER"].confidence > parts.site.threshold
    assert groups[None].visits == 1
    assert sum(counted.by_confidence) == 2
    assert dict(counted.events)["section_view"] == 2
    await parts.client.post(batch(*RECRUITED, visitor="eve"))
    assert (await census(7)).visits == 2
    parts.now += FRESH_FOR_MS + 1
    assert (await census(7)).visits == 3
    assert (await census(1)).visits == 3
