"""What a doctor finds of models, beside a server that speaks their protocols."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from vitrine.operations.doctor.finding import Finding, Level
from vitrine.operations.doctor.models import look_at_models
from vitrine.operations.doctor.patient import AskedModel, Patient
from vitrine.operations.models_server import Behaviour, ModelsServer
from vitrine.settings import Settings
from vitrine.wiring.models import asked_models

KEY = "a-key-that-nobody-has"
NOWHERE = "http://127.0.0.1:1"


@pytest.fixture(scope="module")
def server() -> Iterator[ModelsServer]:
    with ModelsServer() as running:
        yield running


def asked(url: str, model: str = "gemini-3.1-flash-lite") -> tuple[AskedModel, ...]:
    return asked_models(Settings.load(gemini_api_key=KEY, gemini_base_url=url, gemini_model=model))


def seen(*models: AskedModel) -> list[Finding]:
    patient = Patient(
        Path(),
        Path(),
        NOWHERE,
        NOWHERE,
        NOWHERE,
        NOWHERE,
        NOWHERE,
        models=models,
        without_models="set GEMINI_API_KEY",
    )
    found = list(look_at_models(patient))
    assert not [one for one in found if KEY in f"{one.found} {one.do}"]
    return found


def test_a_model_in_order_is_said_to_be(server: ModelsServer) -> None:
    answered, priced = seen(*asked(server.url))
    assert (answered.level, priced.level) == (Level.OK, Level.OK)
    assert answered.found.startswith("gemini: gemini-3.1-flash-lite takes the key and is offered")


def test_a_key_that_is_refused_is_a_problem(server: ModelsServer) -> None:
    server.behave("gemini", Behaviour.UNAUTHORIZED)
    try:
        (found,) = seen(*asked(server.url))
    finally:
        server.behave("gemini", Behaviour.OK)
    assert (found.level, "HTTP 401" in found.found) == (Level.PROBLEM, True)
    assert found.do.startswith("set another GEMINI_API_KEY")


def test_a_model_that_is_not_offered_is_a_problem(server: ModelsServer) -> None:
    (found,) = seen(*asked(server.url, "gone"))
    assert (found.level, "GEMINI_MODEL" in found.do) == (Level.PROBLEM, True)


def test_an_address_at_which_nobody_answers_is_a_problem() -> None:
    (found,) = seen(*asked(NOWHERE))
    assert (found.level, "GEMINI_BASE_URL" in found.do) == (Level.PROBLEM, True)


def test_an_answer_after_the_deadline_is_a_warning() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        (model,) = asked(f"http://127.0.0.1:{mute.getsockname()[1]}")
        late, _ = seen(replace(model, deadline_s=0.05))
    assert (late.level, "within 0.05 s" in late.found) == (Level.WARNING, True)


def test_a_model_without_a_known_price_is_a_warning(server: ModelsServer) -> None:
    _, price = seen(*asked(server.url, "local"))
    assert (price.level, price.check) == (Level.WARNING, "prices")


def test_no_model_at_all_is_absent() -> None:
    (found,) = seen()
    assert (found.level, found.do) == (Level.ABSENT, "set GEMINI_API_KEY")
