"""One provider's model, spoken to through `pydantic-ai`."""

from __future__ import annotations

import json
from typing import Any

from pydantic_ai.direct import model_request
from pydantic_ai.messages import ModelRequest, ModelResponse, SystemPromptPart, UserPromptPart
from pydantic_ai.models import Model as LibraryModel
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.models.google import GoogleModel
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.output import OutputObjectDefinition
from pydantic_ai.profiles import ModelProfile
from pydantic_ai.providers.google import GoogleProvider
from pydantic_ai.providers.openai import OpenAIProvider
from pydantic_ai.settings import ModelSettings

from vitrine.adapters.models import ModelAddress
from vitrine.adapters.models.bounded import bounded_client
from vitrine.adapters.models.failure import FAILURES, as_model_error, of_status
from vitrine.adapters.models.price import Prices, is_local
from vitrine.domain.cost import Cost, Usage
from vitrine.domain.question import FailureReason, Prompt
from vitrine.usecases.model_ports import Completion, ModelError

NO_KEY = "none"
"""OpenAI's library wants a key even where the server wants none."""
THINKING_OFF = {"thinking": {"type": "disabled"}}
"""DeepSeek's own switch: thinking takes seconds that a visit does not have."""


class ProviderModel:
    """Satisfies `Model`."""

    def __init__(self, address: ModelAddress) -> None:
        self.provider = address.provider
        self.name = address.name
        self._address = address
        self._client = bounded_client()
        self._model, self._own_settings = _built(address, self._client)
        self._json_schema = address.provider != "deepseek"
        free = address.provider == "openai_compatible" and is_local(address.base_url)
        self._prices = Prices(address.provider, address.name, free)

    async def complete(self, prompt: Prompt) -> Completion:
        settings = self._own_settings | ModelSettings(
            max_tokens=prompt.most_tokens, temperature=0.0
        )
        try:
            response = await model_request(
                self._model,
                [_request(prompt, with_schema=not self._json_schema)],
                model_settings=settings,
                model_request_parameters=self._parameters(prompt),
            )
        except FAILURES as problem:
            raise as_model_error(problem) from None
        return _read(response)

    async def check(self) -> None:
        base, key = self._address.base_url.rstrip("/"), self._address.key
        if self.provider == "gemini":
            url, headers = f"{base}/v1beta/models/{self.name}", {"x-goog-api-key": key}
        else:
            url, headers = f"{base}/models", {"authorization": f"Bearer {key or NO_KEY}"}
        try:
            answer = await self._client.get(url, headers=headers)
        except FAILURES as problem:
            raise as_model_error(problem) from None
        if answer.is_success:
            if self.provider != "gemini" and not _lists(answer.content, self.name):
                raise ModelError(FailureReason.MODEL_RETIRED, f"{self.name} is not offered")
            return
        reason = of_status(answer.status_code)
        if answer.status_code == 400 and b"API_KEY_INVALID" in answer.content:
            reason = FailureReason.UNAUTHORIZED
        raise ModelError(reason, f"HTTP {answer.status_code}")

    def cost(self, usage: Usage) -> Cost:
        return self._prices.cost(usage)

    def most_cost(self, prompt: Prompt) -> Cost:
        return self._prices.most(prompt)

    async def close(self) -> None:
        await self._client.aclose()

    def _parameters(self, prompt: Prompt) -> ModelRequestParameters:
        schema = OutputObjectDefinition(json_schema=dict(prompt.schema), name="answer")
        return ModelRequestParameters(
            output_mode="native" if self._json_schema else "prompted",
            output_object=schema,
            allow_text_output=True,
        )


def _built(address: ModelAddress, client: Any) -> tuple[LibraryModel, ModelSettings]:
    """Return the library's model for an address, and the settings that are its provider's own."""
    if address.provider == "gemini":
        from google.genai.types import HttpRetryOptions

        google = GoogleProvider(
            api_key=address.key,
            base_url=address.base_url,
            http_client=client,
            retry_options=HttpRetryOptions(attempts=1),
        )
        return GoogleModel(address.name, provider=google), ModelSettings()
    from openai import AsyncOpenAI

    openai = AsyncOpenAI(
        api_key=address.key or NO_KEY,
        base_url=address.base_url,
        http_client=client,
        max_retries=0,
    )
    deepseek = address.provider == "deepseek"
    profile = ModelProfile(
        supports_json_schema_output=not deepseek, supports_json_object_output=True
    )
    model = OpenAIChatModel(
        address.name, provider=OpenAIProvider(openai_client=openai), profile=profile
    )
    return model, ModelSettings(extra_body=THINKING_OFF) if deepseek else ModelSettings()


def _request(prompt: Prompt, *, with_schema: bool) -> ModelRequest:
    instructions = prompt.instructions
    if with_schema:
        instructions += f"\n\nAnswer with JSON of this schema: {json.dumps(prompt.schema)}"
    return ModelRequest(
        parts=[SystemPromptPart(content=instructions), UserPromptPart(content=prompt.evidence)]
    )


def _read(response: ModelResponse) -> Completion:
    tokens = response.usage
    usage = Usage(tokens.input_tokens, tokens.output_tokens, tokens.cache_read_tokens)
    if response.finish_reason == "content_filter":
        raise ModelError(FailureReason.BLOCKED, "blocked by a safety filter", usage=usage)
    if response.finish_reason == "length":
        raise ModelError(FailureReason.TOO_LONG, "cut at the longest answer", usage=usage)
    text = response.text or ""
    if not text.strip():
        raise ModelError(FailureReason.BLANK, "an empty answer", usage=usage)
    return Completion(text, usage)


def _lists(content: bytes, name: str) -> bool:
    """Tell whether a list of models has this one; what is no list proves nothing."""
    try:
        listed = json.loads(content)["data"]
        return any(entry["id"] == name for entry in listed)
    except (ValueError, TypeError, KeyError):
        return True
