from __future__ import annotations

from typing import Any

import pytest

from tests.service import BROWSER, NOON, OWNER_ADDRESS, OWNER_ID, PERSON, RECRUITED, Parts
from vitrine.domain.event import RejectionReason
from vitrine.domain.limit import LimitName
from vitrine.domain.visit import LONGEST_VISIT_EVENTS, TIMEOUT_MS
from vitrine.signals import (
    BotReason,
    BotRecognised,
    EventsReceived,
    LimitReached,
    Receipt,
    VisitSegmented,
)
from vitrine.usecases.identify import Sender
from vitrine.usecases.ingest import SITE_OVER_LIMIT, EventReceipt
from vitrine.usecases.ports import StoreUnavailableError

CLICK = {"event_name": "project_click", "event_params": {"project_id": "vision-api"}}


def click(visitor: str | None = "ann", **more: Any) -> dict[str, Any]:
    return {**CLICK, **({} if visitor is None else {"user_pseudo_id": visitor}), **more}


def outcomes(receipts: list[EventReceipt]) -> list[tuple[Receipt, RejectionReason | None]]:
    return [(r.result, r.rejection.reason if r.rejection else None) for r in receipts]


async def test_one_bad_event_does_not_hurt_the_others() -> None:
    parts = Parts()
    raws = [
        click(event_id="one"),
        42,
        {"event_name": "no_such_event", "event_id": "two"},
        click(event_params={"project_id": "nobody-made-this"}),
        click(user_pseudo_id=""),
        click(user_pseudo_id=["ann"]),
        click(event_timestamp=-1e306),
        click(event_timestamp=(NOON + 3_600_000)),
        click(event_id="one"),
        click(),
    ]
    ingested = await parts.ingest(raws, PERSON)
    reason = RejectionReason
    assert outcomes(ingested.receipts) == [
        (Receipt.ACCEPTED, None),
        (Receipt.REJECTED, reason.MALFORMED),
        (Receipt.REJECTED, reason.UNKNOWN_EVENT),
        (Receipt.REJECTED, reason.BAD_PARAMETER),
        (Receipt.REJECTED, reason.MALFORMED),
        (Receipt.REJECTED, reason.MALFORMED),
        (Receipt.REJECTED, reason.TOO_OLD),
        (Receipt.REJECTED, reason.TOO_FAR_IN_THE_FUTURE),
        (Receipt.DUPLICATE, None),
        (Receipt.ACCEPTED, None),
    ]
    assert [receipt.event_id for receipt in ingested.receipts[:3]] == ["one", None, "two"]
    assert len(parts.store.events) == 2


async def test_unknown_parameters_are_dropped_and_named() -> None:
    parts = Parts()
    params = {"project_id": "vision-api", "mood": "good", "email": "someone@site.example"}
    ingested = await parts.ingest([click(event_params=params)], PERSON)
    assert ingested.receipts[0].dropped == ("mood", "email")
    assert parts.store.events[0][0].params == {"project_id": "vision-api"}


async def test_the_signal_counts_what_the_receipts_say_and_no_word_of_a_visitor() -> None:
    parts = Parts()
    raws = [click(event_id="a"), click(event_id="a"), {"event_name": "made-up"}, None]
    await parts.ingest(raws, PERSON)
    (received,) = parts.of(EventsReceived)
    assert received.visits_started == 1
    assert dict(received.counts) == {
        ("project_click", Receipt.ACCEPTED, None): 1,
        ("project_click", Receipt.DUPLICATE, None): 1,
        ("unknown", Receipt.REJECTED, RejectionReason.UNKNOWN_EVENT): 1,
        ("unknown", Receipt.REJECTED, RejectionReason.MALFORMED): 1,
    }


async def test_the_visit_of_the_answer_is_that_of_the_only_visitor() -> None:
    ingested = await Parts().ingest([click(), {"event_name": "bad"}], PERSON)
    assert ingested.visit is not None
    assert ingested.visit.events == 1


@pytest.mark.parametrize(
    "raws",
    [
        pytest.param([click("ann"), click("ben")], id="two named"),
        pytest.param([click("ann"), click(None)], id="one named, one of the day"),
        pytest.param([{"event_name": "bad"}], id="nothing accepted"),
    ],
)
async def test_there_is_no_visit_for_the_answer(raws: list[Any]) -> None:
    assert (await Parts().ingest(raws, PERSON)).visit is None


async def test_an_unnamed_visitor_is_the_same_all_day_and_another_one_tomorrow() -> None:
    parts = Parts()
    await parts.ingest([click(None)], PERSON)
    neighbour = PERSON._replace(address="198.51.100.200")
    await parts.ingest([click(None)], neighbour)
    await parts.ingest([click(None)], PERSON._replace(agent=BROWSER + " other"))
    parts.now += 24 * 3_600_000
    await parts.ingest([click(None)], PERSON)
    first, same, other, tomorrow = (event.visitor for event, _ in parts.store.events)
    assert first == same
    assert len({first, other, tomorrow}) == 3


async def test_a_claim_never_names_the_visitor_of_the_day() -> None:
    parts = Parts()
    await parts.ingest([click(None)], PERSON)
    unnamed = parts.store.events[0][0].visitor
    await parts.ingest([click(unnamed)], PERSON)
    assert parts.store.events[1][0].visitor != unnamed


async def test_listed_bots_are_refused_whole_and_counted_by_reason() -> None:
    parts = Parts()
    ingested = await parts.ingest([click(), 7], Sender("198.51.100.7", "Googlebot/2.1"))
    assert outcomes(ingested.receipts) == [(Receipt.REJECTED, RejectionReason.BOT)] * 2
    assert parts.of(BotRecognised) == [BotRecognised(BotReason.LISTED, "search-engine", 2)]
    assert parts.store.events == []


async def test_who_hides_the_agent_is_a_bot() -> None:
    parts = Parts()
    await parts.ingest([click()], Sender("198.51.100.7", "", local=True))
    assert parts.of(BotRecognised) == [BotRecognised(BotReason.NO_AGENT, "", 1)]
    assert parts.store.events == []


@pytest.mark.parametrize(("local", "result"), [(True, "accepted"), (False, "rejected")])
async def test_tools_are_bots_unless_they_call_from_the_machine_itself(
    local: bool, result: str
) -> None:
    sender = Sender("127.0.0.1", "curl/8.5.0", local)
    ingested = await Parts().ingest([click()], sender)
    assert ingested.receipts[0].result == result


async def test_a_burst_makes_a_bot_whose_later_events_are_refused_and_counted() -> None:
    parts = Parts()
    burst = [click(event_timestamp=NOON + n) for n in range(21)]
    await parts.ingest(burst, PERSON)
    assert parts.of(BotRecognised) == [BotRecognised(BotReason.BURST, "", 0)]
    again = await parts.ingest([click(), click(), click("ben")], PERSON)
    assert outcomes(again.receipts)[:2] == [(Receipt.REJECTED, RejectionReason.BOT)] * 2
    assert again.receipts[2].result is Receipt.ACCEPTED
    assert parts.of(BotRecognised)[1:] == [BotRecognised(BotReason.BURST, "", 2)]


async def test_events_without_a_time_of_their_own_are_no_burst() -> None:
    parts = Parts()
    await parts.ingest([click() for _ in range(40)], PERSON)
    assert parts.of(BotRecognised) == []


@pytest.mark.parametrize(
    ("raw", "sender"),
    [(click(OWNER_ID), PERSON), (click("ann"), PERSON._replace(address=OWNER_ADDRESS))],
)
async def test_the_owners_own_visits_are_left_out(raw: dict[str, Any], sender: Sender) -> None:
    parts = Parts()
    ingested = await parts.ingest([raw], sender)
    assert outcomes(ingested.receipts) == [(Receipt.REJECTED, RejectionReason.OWNER)]
    assert parts.store.events == []
    assert ingested.visit is None


async def test_an_owner_in_a_batch_leaves_the_others_alone() -> None:
    ingested = await Parts().ingest([click(OWNER_ID), click("ann")], PERSON)
    assert [r.result for r in ingested.receipts] == [Receipt.REJECTED, Receipt.ACCEPTED]


async def test_one_visitor_has_a_limit_that_does_not_touch_others() -> None:
    parts = Parts(per_visitor=2)
    raws = [click("ann"), click("ann"), click("ann"), click("ben")]
    ingested = await parts.ingest(raws, PERSON)
    over = (Receipt.REJECTED, RejectionReason.OVER_LIMIT)
    accepted = (Receipt.ACCEPTED, None)
    assert outcomes(ingested.receipts) == [accepted, accepted, over, accepted]
    parts.now += 30_000
    assert outcomes((await parts.ingest([click("ann")], PERSON)).receipts) == [accepted]


async def test_one_network_has_a_limit_whatever_it_calls_itself() -> None:
    parts = Parts(per_network=2)
    neighbour = PERSON._replace(address="198.51.100.8")
    await parts.ingest([click("ann"), click("ben")], PERSON)
    refused = await parts.ingest([click("cleo")], neighbour)
    assert outcomes(refused.receipts) == [(Receipt.REJECTED, RejectionReason.OVER_LIMIT)]
    elsewhere = await parts.ingest([click("dan")], PERSON._replace(address="192.0.2.1"))
    assert elsewhere.receipts[0].result is Receipt.ACCEPTED


async def test_the_site_has_a_limit_over_all_networks_and_says_that_it_is_the_sites() -> None:
    parts = Parts(per_site=2)
    await parts.ingest([click("ann"), click("ben")], PERSON)
    elsewhere = PERSON._replace(address="192.0.2.1")
    (refused,) = (await parts.ingest([click("cleo")], elsewhere)).receipts
    assert refused.rejection == SITE_OVER_LIMIT
    parts.now += 30_000
    assert (await parts.ingest([click("cleo")], elsewhere)).receipts[0].rejection is None


async def test_what_the_machine_itself_sends_takes_nothing_from_the_site() -> None:
    parts = Parts(per_site=1)
    await parts.ingest([click()] * 5, Sender("127.0.0.1", BROWSER, local=True))
    assert (await parts.ingest([click()], PERSON)).receipts[0].rejection is None


async def test_each_limit_that_refuses_events_is_announced_with_how_many() -> None:
    parts = Parts(per_visitor=2, per_network=6, per_site=4)
    raws = [click(who) for who in ("ann", "ann", "ann", "ben", "ben", "cleo", "dan")]
    await parts.ingest(raws, PERSON)
    assert parts.of(LimitReached) == [
        LimitReached(LimitName.VISITOR_EVENTS, 1),
        LimitReached(LimitName.SITE_EVENTS, 1),
        LimitReached(LimitName.NETWORK_EVENTS, 1),
    ]


async def test_the_machine_itself_has_no_limit() -> None:
    parts = Parts(per_visitor=1, per_network=1, per_site=1)
    ingested = await parts.ingest([click()] * 5, Sender("127.0.0.1", BROWSER, local=True))
    assert {receipt.result for receipt in ingested.receipts} == {Receipt.ACCEPTED}


async def test_a_visit_cannot_grow_for_ever_but_its_visitor_may_come_again() -> None:
    parts = Parts()
    for _ in range(LONGEST_VISIT_EVENTS // 100):
        await parts.ingest([click()] * 100, PERSON)
    refused = await parts.ingest([click()], PERSON)
    assert outcomes(refused.receipts) == [(Receipt.REJECTED, RejectionReason.OVER_LIMIT)]
    parts.now += TIMEOUT_MS + 1
    assert (await parts.ingest([click()], PERSON)).receipts[0].result is Receipt.ACCEPTED


async def test_a_decision_is_announced_once_as_the_first() -> None:
    parts = Parts()
    for event in (*RECRUITED, CLICK):
        await parts.ingest([{**event, "user_pseudo_id": "ann"}], PERSON)
    announced = parts.of(VisitSegmented)
    assert [signal.events for signal in announced] == [1, 2, 3, 4, 5, 6]
    assert announced[-1].segment == "RECRUITER"
    assert sum(signal.first_decision for signal in announced) == 1
    assert {signal.user_id for signal in announced} == {parts.pseudonym("ann")}


async def test_nothing_is_announced_of_what_could_not_be_stored() -> None:
    parts = Parts()
    parts.store.fails = True
    with pytest.raises(StoreUnavailableError):
        await parts.ingest([click()], PERSON)
    assert parts.heard == []


async def test_no_signal_and_no_stored_value_holds_who_somebody_is() -> None:
    parts = Parts()
    secret = "ann-of-green-gables"
    raws = [
        {**event, "user_pseudo_id": secret, "event_id": f"{secret}-{n}"}
        for n, event in enumerate(RECRUITED)
    ]
    await parts.ingest([*raws, {"event_name": secret, "user_pseudo_id": secret}], PERSON)
    await parts.ingest([click(None)], PERSON)
    events = [event._replace(event_id=None) for event, _ in parts.store.events]
    assert len(events) == 6
    known = repr((parts.heard, parts.store.visits, events))
    for word in (secret, PERSON.address, "198.51.100", PERSON.agent):
        assert word not in known


async def test_while_personalization_is_off_nobody_counts_as_exposed() -> None:
    parts = Parts()
    await parts.switch.turn(on=False)
    raws = [{**event, "user_pseudo_id": "ann"} for event in RECRUITED]
    ingested = await parts.ingest(raws, PERSON)
    assert ingested.visit is not None
    assert ingested.visit.segment == "RECRUITER"
    assert ingested.visit.exposed_at is None
