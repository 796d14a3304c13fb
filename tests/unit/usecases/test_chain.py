from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.models import NEVER, Bench, ScriptedModel, Sum
from vitrine.domain.question import FailureReason, Question, QuestionKind, SkipReason
from vitrine.signals import DutyFailed, ModelFellBack, ModelSkipped, QuestionAnswered
from vitrine.usecases.chain import RULES, Chain, LocalRules, Provider
from vitrine.usecases.model_ports import Analyst, Answer, Attempt, ModelError, T


def chain(bench: Bench, *legs: Provider, deadline_s: float = 5.0) -> Chain:
    return Chain(legs, deadline_s=deadline_s, emit=bench.heard.append)


def two(
    bench: Bench, first: Sequence[str | ModelError], second: Sequence[str | ModelError]
) -> Chain:
    return chain(
        bench,
        bench.leg(ScriptedModel(first)),
        bench.leg(ScriptedModel(second, provider="deepseek")),
    )


BLANK = ModelError(FailureReason.BLANK, "blank")


async def test_the_first_leg_that_answers_is_the_last_one_asked() -> None:
    bench = Bench()
    second = ScriptedModel(["4"], provider="deepseek")
    answer = await chain(bench, bench.leg(ScriptedModel(["3"])), bench.leg(second)).answer(Sum())
    assert answer == Answer(3, "gemini", "scripted")
    assert second.asked == 0
    (answered,) = bench.of(QuestionAnswered)
    assert isinstance(answered, QuestionAnswered)
    assert (answered.kind, answered.leg) == (QuestionKind.SEGMENTS, "gemini")
    assert answered.waited < answered.seconds
    assert not bench.of(ModelFellBack)


async def test_a_leg_that_fails_hands_over_with_its_reason() -> None:
    bench = Bench()
    answer = await two(bench, [BLANK], ["4"]).answer(Sum())
    assert (answer.value, answer.leg) == (4, "deepseek")
    assert answer.failed == (Attempt("gemini", FailureReason.BLANK),)
    assert bench.of(ModelFellBack) == [ModelFellBack("gemini", "deepseek", FailureReason.BLANK)]


async def test_local_rules_answer_where_no_model_does() -> None:
    bench = Bench()
    answer = await two(bench, [BLANK], ["garbage"]).answer(Sum())
    assert (answer.value, answer.leg) == (-1, RULES)
    assert [fallback[1:] for fallback in bench.of(ModelFellBack)] == [
        ("deepseek", FailureReason.BLANK),
        (RULES, FailureReason.SCHEMA),
    ]


async def test_without_a_leg_the_local_rules_answer_at_once() -> None:
    bench = Bench()
    assert await chain(bench).answer(Sum()) == await LocalRules().answer(Sum())


async def test_one_deadline_holds_for_all_legs_together() -> None:
    bench = Bench()
    slow = chain(
        bench,
        bench.leg(ScriptedModel([NEVER])),
        bench.leg(ScriptedModel(["4"], provider="deepseek")),
        deadline_s=0.01,
    )
    answer = await slow.answer(Sum())
    assert (answer.value, answer.leg) == (-1, RULES)
    assert answer.failed == (
        Attempt("gemini", SkipReason.DEADLINE),
        Attempt("deepseek", SkipReason.DEADLINE),
    )
    assert bench.of(ModelSkipped) == [ModelSkipped("deepseek", SkipReason.DEADLINE)]


class _Broken:
    provider = "gemini"

    async def answer(self, question: Question[T]) -> Answer[T]:
        raise ZeroDivisionError


async def test_an_error_that_nobody_expected_fails_no_analysis_and_is_told() -> None:
    bench = Bench()
    answer = await chain(bench, _Broken()).answer(Sum())
    assert answer.leg == RULES
    (told,) = bench.of(DutyFailed)
    assert told == DutyFailed("model gemini", "ZeroDivisionError()")


@pytest.mark.parametrize("analyst", ["leg", "chain", "rules"])
async def test_one_provider_the_chain_and_the_rules_answer_alike(analyst: str) -> None:
    bench = Bench()
    leg = bench.leg(ScriptedModel(["3"]))
    known: dict[str, Analyst] = {"leg": leg, "chain": chain(bench, leg), "rules": LocalRules()}
    answer = await known[analyst].answer(Sum())
    assert answer.value == (-1 if analyst == "rules" else 3)
