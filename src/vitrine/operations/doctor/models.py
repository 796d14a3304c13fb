"""Models: whether each takes our key, is offered, answers in time, and has a known price.

That is what the service asks at its start; it costs nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from time import perf_counter

from vitrine.adapters.models import models_of
from vitrine.domain.cost import Provenance, Usage
from vitrine.domain.question import FailureReason
from vitrine.operations.doctor.finding import Finding, Level, absent, ok, problem, warning
from vitrine.operations.doctor.patient import AskedModel, Patient
from vitrine.usecases.model_ports import Model, ModelError


def look_at_models(patient: Patient) -> Iterator[Finding]:
    if not patient.models:
        yield absent("models", "none is asked: local rules decide alone", patient.without_models)
    for asked in patient.models:
        yield from asyncio.run(_asked(asked))


async def _asked(asked: AskedModel) -> list[Finding]:
    (model,) = models_of([asked.address])
    try:
        answer = await _answer(model, asked)
        return [answer] if answer.level is Level.PROBLEM else [answer, _price(model)]
    finally:
        await model.close()


async def _answer(model: Model, asked: AskedModel) -> Finding:
    name = f"{model.provider}: {model.name}"
    began = perf_counter()
    try:
        async with asyncio.timeout(asked.deadline_s):
            await model.check()
    except TimeoutError:
        late = f"{name} does not answer within {asked.deadline_s:g} s: local rules will"
        return warning("models", late, f"see the provider's state, or {asked.url_setting}")
    except ModelError as failure:
        return problem("models", f"{name} cannot be asked ({failure})", _advice(asked, failure))
    took = perf_counter() - began
    return ok("models", f"{name} takes the key and is offered; it answered in {took:.1f} s")


def _advice(asked: AskedModel, failure: ModelError) -> str:
    if failure.reason is FailureReason.UNAUTHORIZED:
        return f"set another {asked.key_setting}: the provider refuses this one"
    if failure.reason is FailureReason.MODEL_RETIRED:
        return f"set {asked.name_setting} to a model that is offered, or see {asked.url_setting}"
    return f"see {asked.url_setting}, and the provider's state"


def _price(model: Model) -> Finding:
    if model.cost(Usage()).provenance is Provenance.UNPRICED:
        return warning(
            "prices",
            f"no list has one for {model.name} of {model.provider}: a high one is assumed",
            "see docs/models.md, and LLM_DAILY_BUDGET_USD",
        )
    return ok("prices", f"that of {model.name} of {model.provider} is known")
