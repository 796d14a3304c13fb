from __future__ import annotations

import asyncio

import pytest

from tests.models import COST, MOST, NEVER, USED, Bench, ScriptedModel, Sum
from vitrine.domain.breaker import Breaker, BreakerState
from vitrine.domain.question import FailureReason, SkipReason
from vitrine.signals import BreakerChanged, ModelAttempted, ModelSkipped
from vitrine.usecases.model_ports import Answer, Attempt, ModelError, NoAnswerError, Spent

DAY = "2023-11-14"


def failing(reason: FailureReason, retry_after_s: float | None = None) -> ModelError:
    return ModelError(reason, "as scripted", retry_after_s=retry_after_s)


async def reason_of(bench: Bench, model: ScriptedModel, breaker: Breaker | None = None) -> object:
    with pytest.raises(NoAnswerError) as caught:
        await bench.leg(model, breaker=breaker).answer(Sum())
    assert caught.value.attempt.provider == "gemini"
    return caught.value.attempt.reason


async def test_an_answer_is_read_and_told_with_tokens_and_cost() -> None:
    bench = Bench()
    answer = await bench.leg(ScriptedModel(["3"])).answer(Sum())
    assert answer == Answer(3, "gemini", "scripted")
    (attempt,) = bench.of(ModelAttempted)
    assert isinstance(attempt, ModelAttempted)
    assert (attempt.reason, attempt.usage, attempt.cost.micro_usd) == (None, USED, COST)
    assert await bench.spending.of(DAY) == Spent(0, COST, 1)


async def test_an_answer_that_breaks_the_schema_is_billed_and_refused() -> None:
    bench = Bench()
    assert await reason_of(bench, ScriptedModel(["three"])) is FailureReason.SCHEMA
    (attempt,) = bench.of(ModelAttempted)
    assert isinstance(attempt, ModelAttempted)
    assert attempt.reason is FailureReason.SCHEMA
    assert await bench.spending.of(DAY) == Spent(0, COST, 1)


async def test_who_does_not_answer_in_time_is_given_up_and_billed_in_full() -> None:
    bench, model = Bench(), ScriptedModel([NEVER])
    with pytest.raises(NoAnswerError) as caught:
        await bench.leg(model, deadline_s=0.01).answer(Sum())
    assert caught.value.attempt == Attempt("gemini", FailureReason.TIMEOUT)
    assert model.asked == 1, "a slow provider is not asked twice"
    assert await bench.spending.of(DAY) == Spent(0, MOST, 1)


@pytest.mark.parametrize(
    "problem",
    [
        failing(FailureReason.CONNECTION),
        failing(FailureReason.SERVER_ERROR),
        failing(FailureReason.RATE_LIMITED, 1.0),
    ],
)
async def test_a_passing_failure_is_tried_once_more(problem: ModelError) -> None:
    bench, model = Bench(), ScriptedModel([problem, "3"])
    assert (await bench.leg(model).answer(Sum())).value == 3
    (pause,) = bench.pauses
    assert pause >= (problem.retry_after_s or 0) + 0.1
    assert len(bench.of(ModelAttempted)) == 2


async def test_a_retry_is_the_last_one() -> None:
    bench, model = Bench(), ScriptedModel([failing(FailureReason.SERVER_ERROR)])
    assert await reason_of(bench, model) is FailureReason.SERVER_ERROR
    assert model.asked == 2


@pytest.mark.parametrize(
    "problem",
    [
        failing(FailureReason.RATE_LIMITED),
        failing(FailureReason.RATE_LIMITED, 60.0),
        failing(FailureReason.UNAUTHORIZED),
        failing(FailureReason.MODEL_RETIRED),
        failing(FailureReason.BLANK),
        failing(FailureReason.INVALID_JSON),
        failing(FailureReason.BLOCKED),
    ],
)
async def test_what_a_retry_cannot_mend_is_not_retried(problem: ModelError) -> None:
    bench, model = Bench(), ScriptedModel([problem])
    assert await reason_of(bench, model) is problem.reason
    assert model.asked == 1


async def test_after_three_failures_the_provider_is_skipped_without_being_asked() -> None:
    bench, model, breaker = Bench(), ScriptedModel([failing(FailureReason.BLANK)]), Breaker()
    for _ in range(3):
        assert await reason_of(bench, model, breaker=breaker) is FailureReason.BLANK
    assert await reason_of(bench, model, breaker=breaker) is SkipReason.BREAKER_OPEN
    assert model.asked == 3
    assert bench.of(ModelSkipped) == [ModelSkipped("gemini", SkipReason.BREAKER_OPEN)]
    assert bench.of(BreakerChanged) == [BreakerChanged("gemini", BreakerState.OPEN, 30.0)]


async def test_a_probe_closes_the_breaker_and_says_so() -> None:
    bench, breaker = Bench(), Breaker()
    breaker.failed(bench.now, permanent=True)
    bench.now = breaker.record.open_until
    await bench.leg(ScriptedModel(["3"]), breaker=breaker).answer(Sum())
    assert bench.of(BreakerChanged) == [BreakerChanged("gemini", BreakerState.CLOSED, 0.0)]


async def test_a_pause_that_is_over_is_said_although_nobody_asks() -> None:
    bench, breaker = Bench(), Breaker()
    leg = bench.leg(ScriptedModel(["3"]), breaker=breaker)
    breaker.failed(bench.now, permanent=True)
    leg.announce()
    bench.now = breaker.record.open_until
    leg.announce()
    leg.announce()
    assert bench.of(BreakerChanged) == [
        BreakerChanged("gemini", BreakerState.OPEN, 3_600.0),
        BreakerChanged("gemini", BreakerState.HALF_OPEN, 0.0),
    ]


async def test_a_probe_that_fails_gets_no_second_chance() -> None:
    bench, breaker = Bench(), Breaker()
    breaker.failed(bench.now, permanent=True)
    bench.now = breaker.record.open_until
    model = ScriptedModel([failing(FailureReason.SERVER_ERROR)])
    await reason_of(bench, model, breaker=breaker)
    assert model.asked == 1
    assert breaker.state(bench.now) is BreakerState.OPEN


async def test_a_safety_block_says_nothing_against_the_provider() -> None:
    bench, model, breaker = Bench(), ScriptedModel([failing(FailureReason.BLOCKED)]), Breaker()
    for _ in range(5):
        assert await reason_of(bench, model, breaker=breaker) is FailureReason.BLOCKED


async def test_without_budget_nobody_is_asked_and_the_breaker_stays() -> None:
    bench, model, breaker = Bench(limit_usd=0.0005), ScriptedModel(["3"]), Breaker()
    for _ in range(4):
        assert await reason_of(bench, model, breaker=breaker) is SkipReason.BUDGET
    assert model.asked == 0
    assert breaker.state(bench.now) is BreakerState.CLOSED


async def test_a_probe_without_budget_can_be_made_later() -> None:
    bench, breaker = Bench(limit_usd=0.0005), Breaker()
    breaker.failed(bench.now, permanent=True)
    bench.now = breaker.record.open_until
    assert await reason_of(bench, ScriptedModel(["3"]), breaker=breaker) is SkipReason.BUDGET
    bench.limit_usd = 1.0
    assert (await bench.leg(ScriptedModel(["3"]), breaker=breaker).answer(Sum())).value == 3


async def test_a_caller_who_gives_up_leaves_no_reservation_behind() -> None:
    bench, breaker, model = Bench(), Breaker(), ScriptedModel([NEVER])
    asking = asyncio.create_task(bench.leg(model, breaker=breaker).answer(Sum()))
    await model.begun.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert await bench.spending.of(DAY) == Spent(0, MOST, 1)
    (attempt,) = bench.of(ModelAttempted)
    assert isinstance(attempt, ModelAttempted)
    assert attempt.reason is FailureReason.TIMEOUT
    assert breaker.state(bench.now) is BreakerState.CLOSED


async def test_what_a_failed_attempt_has_used_is_booked() -> None:
    bench = Bench()
    blocked = ModelError(FailureReason.BLOCKED, "blocked", usage=USED)
    await reason_of(bench, ScriptedModel([blocked]))
    assert (await bench.spending.of(DAY)).spent == COST
    refused = Bench()
    await reason_of(refused, ScriptedModel([failing(FailureReason.UNAUTHORIZED)]))
    assert (await refused.spending.of(DAY)).spent == 0


async def test_what_never_reached_the_provider_costs_nothing() -> None:
    bench = Bench()
    refused = ModelError(FailureReason.CONNECTION, "refused", unsent=True)
    await reason_of(bench, ScriptedModel([refused]))
    assert (await bench.spending.of(DAY)).spent == 0
    cut = Bench()
    await reason_of(cut, ScriptedModel([failing(FailureReason.CONNECTION)]))
    assert (await cut.spending.of(DAY)).spent == 2 * MOST


async def test_a_model_that_turns_out_to_be_in_order_may_be_tried_at_once() -> None:
    bench, breaker = Bench(), Breaker()
    leg = bench.leg(ScriptedModel(["3"]), breaker=breaker)
    breaker.failed(bench.now, permanent=True)
    leg.announce()
    assert bench.of(BreakerChanged) == [BreakerChanged("gemini", BreakerState.OPEN, 3_600.0)]
    assert await leg.check() is None
    assert (await leg.answer(Sum())).value == 3


async def test_a_check_opens_the_breaker_of_a_model_that_cannot_work() -> None:
    bench, breaker = Bench(), Breaker()
    gone = ScriptedModel(["3"], checks=failing(FailureReason.MODEL_RETIRED))
    leg = bench.leg(gone, breaker=breaker)
    assert await leg.check() is FailureReason.MODEL_RETIRED
    assert breaker.state(bench.now) is BreakerState.OPEN
    slow = bench.leg(ScriptedModel(["3"], checks=failing(FailureReason.SERVER_ERROR)))
    assert await slow.check() is None
    assert slow.breaker.state(bench.now) is BreakerState.CLOSED
