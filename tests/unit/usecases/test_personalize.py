from __future__ import annotations

import json
from typing import Any

import pytest

from tests.service import IMPATIENT_S, OWNER_ID, PERSON, RECRUITED, Parts
from vitrine.domain.limit import LimitName
from vitrine.signals import (
    CacheLooked,
    DefaultReason,
    LimitReached,
    PersonalizationServed,
    StoreFailed,
    Variant,
)
from vitrine.usecases.personalize import CACHE_TTL_S, Answer


async def recruited(parts: Parts, visitor: str = "ann") -> None:
    raws = [{**event, "user_pseudo_id": visitor} for event in RECRUITED]
    await parts.ingest(raws, PERSON)
    parts.heard.clear()


def default_page(parts: Parts, answer: Answer) -> bool:
    said = json.loads(answer.json())
    rule = parts.rules.rule(None, "en")
    return (
        said["variant"] == "default"
        and said["segment"] is None
        and tuple(said["priority_sections"]) == rule.priority_sections
    )


def reasons(parts: Parts) -> list[DefaultReason | None]:
    return [signal.reason for signal in parts.of(PersonalizationServed)]


async def test_a_decided_visitor_gets_the_page_of_the_segment() -> None:
    parts = Parts()
    await recruited(parts)
    said = json.loads((await parts.personalize("ann", PERSON, "de")).json())
    rule = parts.rules.rule("RECRUITER", "de")
    assert said.pop("confidence") >= parts.site.threshold
    assert said == {
        "segment": "RECRUITER",
        "priority_sections": list(rule.priority_sections),
        "featured_projects": list(rule.featured_projects),
        "highlight_skills": list(rule.highlight_skills),
        "reasoning": rule.reasoning,
        "variant": "personalized",
        "cache_ttl": CACHE_TTL_S,
    }
    served = PersonalizationServed("RECRUITER", Variant.PERSONALIZED, True, None)
    assert parts.of(PersonalizationServed) == [served]


async def test_who_is_held_out_sees_the_default_page_and_is_counted_so() -> None:
    parts = Parts(held_out=lambda _visitor: True)
    await recruited(parts)
    answer = await parts.personalize("ann", PERSON, "en")
    said = json.loads(answer.json())
    assert (said["variant"], said["segment"]) == ("holdout", "RECRUITER")
    assert tuple(said["priority_sections"]) == parts.rules.rule(None, "en").priority_sections
    assert reasons(parts) == [None]


@pytest.mark.parametrize("visitor", ["nobody", OWNER_ID, None])
async def test_an_unknown_visitor_and_the_owner_get_the_default_page(visitor: str | None) -> None:
    parts = Parts()
    answer = await parts.personalize(visitor, PERSON, "en")
    assert default_page(parts, answer)
    assert answer.confidence == 0.0
    assert reasons(parts) == [DefaultReason.UNKNOWN_VISITOR]


async def test_an_undecided_visitor_is_told_how_sure_we_are() -> None:
    parts = Parts()
    await parts.ingest([{"event_name": "scroll_depth", "event_params": {"percent": 9}}], PERSON)
    answer = await parts.personalize(None, PERSON, "en")
    assert default_page(parts, answer)
    assert 0.0 < answer.confidence < parts.site.threshold
    assert reasons(parts) == [DefaultReason.UNDECIDED]


async def test_a_bot_gets_the_default_page() -> None:
    parts = Parts()
    events = [
        {"event_name": "download_resume", "user_pseudo_id": "ann", "event_timestamp": parts.now}
    ]
    await parts.ingest(events * 21, PERSON)
    assert default_page(parts, await parts.personalize("ann", PERSON, "en"))
    assert reasons(parts) == [DefaultReason.BOT]


async def test_off_means_the_default_page_for_everybody_without_asking_the_store() -> None:
    parts = Parts()
    await recruited(parts)
    visit = await parts.store.latest(parts.pseudonym("ann"))
    await parts.switch.turn(on=False)
    parts.store.forgets = parts.store.hangs = parts.notes.hangs = True
    assert default_page(parts, await parts.personalize("ann", PERSON, "en"))
    assert default_page(parts, await parts.personalize.of(visit, "en"))
    assert reasons(parts) == [DefaultReason.OFF] * 2


@pytest.mark.parametrize(
    ("trouble", "reason", "problem"),
    [
        ("hangs", DefaultReason.DEADLINE, "deadline"),
        ("fails", DefaultReason.STORE_FAILED, "OperationalError"),
    ],
)
@pytest.mark.parametrize("visitor", ["ann", None])
async def test_a_store_in_trouble_gives_the_default_page_in_time(
    trouble: str, reason: DefaultReason, problem: str, visitor: str | None
) -> None:
    parts = Parts(deadline_s=IMPATIENT_S)
    parts.store.forgets = True
    setattr(parts.store, trouble, True)
    setattr(parts.notes, trouble, True)
    assert default_page(parts, await parts.personalize(visitor, PERSON, "en"))
    assert reasons(parts) == [reason]
    operation = "latest" if visitor else "identify"
    assert parts.of(StoreFailed) == [StoreFailed(operation, problem)]


async def test_a_network_that_asks_too_often_gets_default_pages_for_a_while() -> None:
    parts = Parts(per_network=20)
    await recruited(parts)
    answers = [await parts.personalize("ann", PERSON, "en") for _ in range(21)]
    assert not default_page(parts, answers[19])
    assert default_page(parts, answers[20])
    assert reasons(parts)[-1] is DefaultReason.OVER_LIMIT
    assert parts.of(LimitReached) == [LimitReached(LimitName.NETWORK_ASKS, 1)]
    elsewhere = PERSON._replace(address="203.0.113.7")
    assert not default_page(parts, await parts.personalize("ann", elsewhere, "en"))
    parts.now += 60_000
    assert not default_page(parts, await parts.personalize("ann", PERSON, "en"))


async def test_the_machine_itself_may_ask_as_often_as_it_likes() -> None:
    parts = Parts(per_network=20)
    await recruited(parts)
    answers = [await parts.personalize("ann", PERSON._replace(local=True), "en") for _ in range(21)]
    assert not default_page(parts, answers[20])


async def test_what_is_not_at_hand_is_read() -> None:
    parts = Parts()
    await recruited(parts)
    parts.store.forgets = True
    assert (await parts.personalize("ann", PERSON, "en")).segment == "RECRUITER"


async def test_a_decision_is_cached_once_for_all_visitors_of_a_segment() -> None:
    parts = Parts()
    await recruited(parts, "ann")
    await recruited(parts, "ben")
    for visitor in ("ann", "ben", "ann"):
        await parts.personalize(visitor, PERSON, "en")
    await parts.personalize("ann", PERSON, "de")
    assert parts.of(CacheLooked) == [
        CacheLooked("decision", False),
        CacheLooked("decision", True),
        CacheLooked("decision", True),
        CacheLooked("decision", False),
    ]


async def test_new_rules_are_served_at_once() -> None:
    parts = Parts()
    await recruited(parts)
    await parts.personalize("ann", PERSON, "en")
    parts.heard.clear()
    parts.rules.version = "another"
    await parts.personalize("ann", PERSON, "en")
    assert parts.of(CacheLooked) == [CacheLooked("decision", False)]


def test_an_answer_keeps_the_order_and_the_names_of_the_interface() -> None:
    members = b'"priority_sections":[],"featured_projects":[],"highlight_skills":[],"reasoning":""'
    said: dict[str, Any] = json.loads(Answer(None, 0.12345, Variant.DEFAULT, members).json())
    assert list(said) == [
        "segment",
        "confidence",
        "priority_sections",
        "featured_projects",
        "highlight_skills",
        "reasoning",
        "variant",
        "cache_ttl",
    ]
    assert said["confidence"] == 0.123
