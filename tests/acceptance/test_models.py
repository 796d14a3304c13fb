"""Real libraries against a server that speaks both real protocols and misbehaves on command."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.models import Bench
from tests.sites import small_site
from vitrine.adapters.models import ModelAddress, models_of
from vitrine.domain.cost import Provenance, Usage
from vitrine.domain.opinion import Opinion
from vitrine.domain.question import FailureReason, Prompt
from vitrine.domain.question.segments import SegmentsQuestion
from vitrine.operations.models_server import RETRY_AFTER_S, USAGE, Behaviour, ModelsServer
from vitrine.usecases.chain import Chain
from vitrine.usecases.model_ports import Attempt, Model, ModelError

KEY = "a-key-that-nobody-has"
SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "integer"}},
    "required": ["answer"],
    "additionalProperties": False,
}
PROMPT = Prompt("Add the numbers.", json.dumps({"numbers": [1, 2]}), SCHEMA, 100)
NAMES = {"gemini": "gemini-3.1-flash-lite", "deepseek": "deepseek-v4-flash"}
PROVIDERS = ("gemini", "deepseek", "openai_compatible")
NEVER_ENDING_S = 0.3
PATIENT_S = 60.0
"""What whoever answers at all may take on a busy machine."""
SLOW = (Behaviour.SLOW_HEADERS, Behaviour.SLOW_BODY, Behaviour.ENDLESS)

REASONS = {
    Behaviour.CUT: FailureReason.CONNECTION,
    Behaviour.CUT_BODY: FailureReason.CONNECTION,
    Behaviour.RATE_LIMITED: FailureReason.RATE_LIMITED,
    Behaviour.RATE_LIMITED_FOR: FailureReason.RATE_LIMITED,
    Behaviour.SERVER_ERROR: FailureReason.SERVER_ERROR,
    Behaviour.NOT_FOUND: FailureReason.MODEL_RETIRED,
    Behaviour.UNAUTHORIZED: FailureReason.UNAUTHORIZED,
    Behaviour.BAD_REQUEST: FailureReason.REQUEST_REFUSED,
    Behaviour.EMPTY: FailureReason.BLANK,
    Behaviour.SPACES: FailureReason.BLANK,
    Behaviour.BLOCKED: FailureReason.BLOCKED,
    Behaviour.BLOCKED_PROMPT: FailureReason.BLOCKED,
    Behaviour.CUT_SHORT: FailureReason.TOO_LONG,
    Behaviour.HUGE: FailureReason.TOO_LONG,
    Behaviour.NO_PROTOCOL: FailureReason.INVALID_JSON,
}
BILLED = (
    Behaviour.EMPTY,
    Behaviour.SPACES,
    Behaviour.BLOCKED,
    Behaviour.BLOCKED_PROMPT,
    Behaviour.CUT_SHORT,
)


@pytest.fixture
def server() -> Iterator[ModelsServer]:
    with ModelsServer(lambda evidence: {"answer": sum(evidence["numbers"])}) as running:
        yield running


@asynccontextmanager
async def model_at(url: str, provider: str, name: str = "") -> AsyncIterator[Model]:
    base = url if provider == "gemini" else f"{url}/v1"
    address = ModelAddress(provider, base, name or NAMES.get(provider, "local"), KEY)
    (model,) = models_of([address])
    try:
        yield model
    finally:
        await model.close()


def protocol(provider: str) -> str:
    return "gemini" if provider == "gemini" else "openai"


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_an_answer_comes_back_with_its_tokens(server: ModelsServer, provider: str) -> None:
    async with model_at(server.url, provider) as model:
        completion = await model.complete(PROMPT)
    assert json.loads(completion.text) == {"answer": 3}
    assert completion.usage == Usage(*USAGE)


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("behaviour", REASONS)
async def test_each_misbehaviour_has_its_reason(
    server: ModelsServer, provider: str, behaviour: Behaviour
) -> None:
    server.behave(protocol(provider), behaviour)
    async with model_at(server.url, provider) as model:
        with pytest.raises(ModelError) as caught:
            await model.complete(PROMPT)
    assert caught.value.reason is REASONS[behaviour]
    assert caught.value.usage == (Usage(*USAGE) if behaviour in BILLED else Usage())
    wait = RETRY_AFTER_S if behaviour is Behaviour.RATE_LIMITED_FOR else None
    assert caught.value.retry_after_s == wait
    assert KEY not in str(caught.value)
    assert len(server.calls) == 1, "the library tried again by itself"


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("behaviour", SLOW)
async def test_the_deadline_of_who_asks_ends_a_slow_answer(
    server: ModelsServer, provider: str, behaviour: Behaviour
) -> None:
    server.behave(protocol(provider), behaviour)
    async with model_at(server.url, provider) as model:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(NEVER_ENDING_S):
                await model.complete(PROMPT)


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_nobody_there_is_a_failed_connection(provider: str) -> None:
    with ModelsServer() as gone:
        url = gone.url
    async with model_at(url, provider) as model:
        with pytest.raises(ModelError) as caught:
            await model.complete(PROMPT)
    assert caught.value.reason is FailureReason.CONNECTION
    assert caught.value.unsent


async def test_gemini_is_sent_the_schema_and_the_key(server: ModelsServer) -> None:
    async with model_at(server.url, "gemini") as model:
        await model.complete(PROMPT)
    (call,) = server.calls
    asked = call.body["generationConfig"]
    assert asked["responseMimeType"] == "application/json"
    assert asked["responseJsonSchema"]["properties"] == SCHEMA["properties"]
    assert asked["maxOutputTokens"] == PROMPT.most_tokens
    assert call.headers["x-goog-api-key"] == KEY
    assert KEY not in call.path


async def test_deepseek_is_asked_for_plain_json_without_thinking(server: ModelsServer) -> None:
    async with model_at(server.url, "deepseek") as model:
        await model.complete(PROMPT)
    (call,) = server.calls
    assert call.body["response_format"] == {"type": "json_object"}
    assert call.body["thinking"] == {"type": "disabled"}
    assert "JSON" in call.body["messages"][0]["content"]
    assert '"answer"' in call.body["messages"][0]["content"]
    sent = json.dumps(call.body)
    assert "json_schema" not in sent
    assert "tool_choice" not in sent


async def test_an_openai_compatible_server_is_sent_the_schema(server: ModelsServer) -> None:
    async with model_at(server.url, "openai_compatible") as model:
        await model.complete(PROMPT)
    (call,) = server.calls
    asked: dict[str, Any] = call.body["response_format"]
    assert asked["type"] == "json_schema"
    assert asked["json_schema"]["schema"]["properties"] == SCHEMA["properties"]


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_check_is_content_with_a_model_that_exists(
    server: ModelsServer, provider: str
) -> None:
    async with model_at(server.url, provider) as model:
        await model.check()
    assert len(server.checks) == 1
    assert not server.calls


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_check_finds_a_retired_model_and_a_wrong_key(
    server: ModelsServer, provider: str
) -> None:
    async with model_at(server.url, provider, name="long-gone") as model:
        with pytest.raises(ModelError) as caught:
            await model.check()
        assert caught.value.reason is FailureReason.MODEL_RETIRED
        server.behave(protocol(provider), Behaviour.UNAUTHORIZED)
        with pytest.raises(ModelError) as caught:
            await model.check()
    assert caught.value.reason is FailureReason.UNAUTHORIZED


async def test_only_a_private_server_is_free() -> None:
    addresses = {
        "http://127.0.0.1:11434/v1": Provenance.FREE,
        "http://ollama:11434/v1": Provenance.FREE,
        "https://models.example.com/v1": Provenance.UNPRICED,
    }
    for url, provenance in addresses.items():
        (model,) = models_of([ModelAddress("openai_compatible", url, "local", KEY)])
        cost = model.cost(Usage(1_000, 200))
        await model.close()
        assert cost.provenance is provenance
        assert (cost.micro_usd > 0) is (provenance is Provenance.UNPRICED)


@pytest.mark.parametrize("provider", ["gemini", "deepseek"])
async def test_what_is_reserved_is_never_less_than_what_is_billed(
    server: ModelsServer, provider: str
) -> None:
    async with model_at(server.url, provider) as model:
        text = PROMPT.instructions + PROMPT.evidence + json.dumps(SCHEMA)
        worst = model.cost(Usage(len(text.encode()), PROMPT.most_tokens))
        assert worst.provenance is Provenance.PRICED
        assert model.most_cost(PROMPT).micro_usd >= worst.micro_usd > 0
    async with model_at(server.url, provider, name="a-model-of-tomorrow") as unknown:
        assumed = unknown.cost(Usage(1_000, 200))
    assert assumed.provenance is Provenance.UNPRICED
    assert assumed.micro_usd > 0


REFUSED = {
    Behaviour.PROSE: FailureReason.INVALID_JSON,
    Behaviour.WRONG_SCHEMA: FailureReason.SCHEMA,
    Behaviour.WRONG_IDS: FailureReason.MISMATCH,
    Behaviour.ONE_MISSING: FailureReason.MISMATCH,
    Behaviour.ONE_TOO_MANY: FailureReason.MISMATCH,
    **REASONS,
    **dict.fromkeys(SLOW, FailureReason.TIMEOUT),
}
QUESTION = SegmentsQuestion(small_site(), ({"skill:git": 1}, {"project:shop-front": 2}))


def _students(evidence: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "visits": [
            {"id": visit["id"], "segment": "STUDENT", "certainty": 0.5}
            for visit in evidence["visits"]
        ]
    }


@pytest.mark.parametrize("behaviour", REFUSED)
@pytest.mark.parametrize("first", ["gemini", "deepseek"])
async def test_whatever_a_provider_does_the_next_one_answers_and_the_reason_is_known(
    first: str, behaviour: Behaviour
) -> None:
    second = "deepseek" if first == "gemini" else "gemini"
    bench = Bench()
    with ModelsServer(_students) as server:
        server.behave(protocol(first), behaviour)
        async with model_at(server.url, first) as one, model_at(server.url, second) as other:
            within_s = NEVER_ENDING_S if behaviour in SLOW else PATIENT_S
            legs = [bench.leg(one, deadline_s=within_s), bench.leg(other, deadline_s=PATIENT_S)]
            chain = Chain(legs, deadline_s=2 * PATIENT_S, emit=bench.heard.append)
            answer = await chain.answer(QUESTION)
    assert answer.leg == second
    assert answer.value == (Opinion("STUDENT", 0.5),) * 2
    assert answer.failed == (Attempt(first, REFUSED[behaviour]),)


def test_no_library_is_loaded_before_a_model_is_built() -> None:
    program = (
        "import sys; import vitrine.wiring.service, vitrine.adapters.models as models;"
        "models.models_of([]);"
        "print(sorted({name.split('.')[0] for name in sys.modules}"
        " & {'pydantic_ai', 'openai', 'google', 'genai_prices'}))"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == "[]"
