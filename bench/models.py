"""What asking models costs: in seconds when they fail, in calls and dollars on the real log."""

from __future__ import annotations

import asyncio
import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from random import Random
from statistics import median
from time import perf_counter
from typing import Any

from bench.result import Result
from tests.acceptance.live import access_log, vitrine
from tests.models import Sum
from vitrine.adapters.memory import MemoryOpinions, MemorySpending
from vitrine.adapters.models import ModelAddress, models_of
from vitrine.domain.breaker import Breaker
from vitrine.domain.cost import Usage
from vitrine.domain.fingerprint import levels_of
from vitrine.domain.question.segments import SegmentsQuestion
from vitrine.operations.models_server import Behaviour, ModelsServer, evidence_of
from vitrine.settings import Settings
from vitrine.signals import Signal
from vitrine.usecases.budget import Budget
from vitrine.usecases.chain import Chain
from vitrine.usecases.consult import Consult
from vitrine.usecases.leg import Leg
from vitrine.usecases.model_ports import Model
from vitrine.wiring.home import Home, open_home

NOW = 1_700_000_000_000
ASKED = 200
FAILING = (
    Behaviour.SLOW_HEADERS, Behaviour.SLOW_BODY, Behaviour.CUT, Behaviour.SERVER_ERROR,
    Behaviour.SPACES, Behaviour.PROSE, Behaviour.WRONG_SCHEMA, Behaviour.HUGE,
    Behaviour.NO_PROTOCOL, Behaviour.BLOCKED,
)  # fmt: skip
LEG_S, CHAIN_S = 0.4, 1.0
"""Deadlines as the service has them, ten times shorter, so that slowness is quickly seen."""


def addresses(url: str) -> list[ModelAddress]:
    return [
        ModelAddress("gemini", url, "gemini-3.1-flash-lite", "a-key"),
        ModelAddress("deepseek", f"{url}/v1", "deepseek-v4-flash", "a-key"),
    ]


class Asking:
    """The chain as the service builds it, on a budget of its own; notes what it announces."""

    def __init__(self, models: Sequence[Model], deadline_s: float = CHAIN_S) -> None:
        self.heard: list[Signal] = []
        budget = Budget(MemorySpending(), 1_000.0, lambda: NOW, self.heard.append)
        legs = [
            Leg(
                model,
                deadline_s=LEG_S,
                breaker=Breaker(),
                budget=budget,
                emit=self.heard.append,
                clock=lambda: NOW,
                random=Random(1),
            )
            for model in models
        ]
        self.chain = Chain(legs, deadline_s=deadline_s, emit=self.heard.append)


def measure() -> list[Result]:
    """Return the rows of the table on models."""
    return [*asyncio.run(_failing()), asyncio.run(_overhead()), *asyncio.run(_real_log())]


async def _failing() -> list[Result]:
    """Ask while both providers fail in every way, then again behind open breakers."""
    within = right = asked = 0
    open_s: list[float] = []
    with ModelsServer(lambda evidence: {"sum": sum(evidence["numbers"])}) as server:
        for behaviour in FAILING:
            for provider in ("gemini", "openai"):
                server.behave(provider, behaviour)
            models = models_of(addresses(server.url))
            chain = Asking(models).chain
            for _ in range(6):
                started = perf_counter()
                answer = await chain.answer(Sum())
                seconds = perf_counter() - started
                asked += 1
                within += seconds < CHAIN_S + 0.1
                right += answer.value == Sum().local()
                if all(str(attempt.reason) == "breaker_open" for attempt in answer.failed):
                    open_s.append(seconds)
            for model in models:
                await model.close()
    return [
        Result("answers while both providers fail", f"{within} of {asked}", "", within / asked, 1),
        Result("of them, right (the local rules')", f"{right} of {asked}", "", right / asked, 1),
        Result(
            "seconds before an answer, breakers open",
            f"{1e3 * median(open_s):.2f} ms",
            "5 ms",
            median(open_s) / 0.005,
            1,
            at_most=True,
        ),
    ]


async def _overhead() -> Result:
    """Ask a provider through the chain and directly, in turn."""
    direct, chained = [], []
    with ModelsServer(lambda evidence: sum(evidence["numbers"])) as server:
        models = models_of(addresses(server.url)[:1])
        chain = Asking(models).chain
        for _ in range(ASKED):
            started = perf_counter()
            Sum().read((await models[0].complete(Sum().prompt())).text)
            direct.append(perf_counter() - started)
            started = perf_counter()
            assert (await chain.answer(Sum())).leg == "gemini"
            chained.append(perf_counter() - started)
        await models[0].close()
    added = median(chained) - median(direct)
    ours, against = f"{1e3 * added:.2f} ms", f"alone {1e3 * median(direct):.1f} ms; 10 ms"
    return Result("time that the chain adds, median", ours, against, added / 0.010, 1, at_most=True)


def _certain(evidence: Mapping[str, Any]) -> dict[str, Any]:
    """Answer as a model would, in the length that a real answer has."""
    first = next(iter(evidence["segments"]))
    return {
        "visits": [
            {"id": visit["id"], "segment": first, "certainty": 0.5} for visit in evidence["visits"]
        ]
    }


async def _real_log() -> list[Result]:
    """Ask about the unsure visits of the real log, from cold; the other way asks once a visitor."""
    with tempfile.TemporaryDirectory() as folder:
        home_path = Path(folder) / "home"
        log = access_log(Path(folder))
        code, _, problem = vitrine("import", log, "--home", home_path, "--site", "semicomplete")
        assert code == 0, problem
        home = open_home(Settings.load(home=home_path, site="semicomplete"))
        try:
            return await _asked_about(home)
        finally:
            await home.close()


async def _asked_about(home: Home) -> list[Result]:
    people = [visit for visit in await home.store.visits_since(0, None, 10_000) if not visit.bot]
    visitors = len({visit.visitor for visit in people})
    with ModelsServer(_unsure) as server:
        models = models_of(addresses(server.url))
        asking = Asking(models, deadline_s=20.0)
        consult = Consult(
            site=home.site,
            evidence=home.evidence,
            opinions=home.opinions,
            store=home.store,
            kept=MemoryOpinions(),
            analyst=asking.chain,
            emit=asking.heard.append,
            clock=lambda: NOW,
        )
        while (await consult(0)).asked:
            pass
        sent = [evidence_of(call.provider, call.body)["visits"] for call in server.calls]
        batched = sum(_dollars(models[0], _question(home, visits)) for visits in sent)
        levels = [levels_of(visit.features, home.evidence.rows) for visit in people]
        alone = sum(
            _dollars(models[0], SegmentsQuestion(home.site, (seen,))) for seen in levels[:visitors]
        )
        for model in models:
            await model.close()
    calls = 1_000 * len(sent) / visitors
    return [
        Result(
            "calls per 1,000 visitors, real log, cold",
            f"{calls:.1f} ({len(sent)} calls)",
            f"15; {visitors} visitors",
            calls / 15,
            1,
            at_most=True,
        ),
        Result(
            "cost per 1,000 visitors against a call each",
            f"{1_000 * batched / visitors:.4f} USD",
            f"{1_000 * alone / visitors:.3f} USD",
            alone / batched,
            20,
        ),
    ]


def _question(home: Home, visits: Sequence[Mapping[str, Any]]) -> SegmentsQuestion:
    return SegmentsQuestion(home.site, tuple(visit["seen"] for visit in visits))


def _unsure(evidence: Mapping[str, Any]) -> dict[str, Any]:
    """Answer in the length that a real answer has, without deciding anything."""
    return {
        "visits": [
            {"id": visit["id"], "segment": None, "certainty": 0.5} for visit in evidence["visits"]
        ]
    }


def _dollars(model: Model, question: SegmentsQuestion) -> float:
    """Return what a question costs at list prices, a token being four characters of English."""
    prompt = question.prompt()
    asked = {"visits": [{"id": f"v{n}"} for n in range(len(question.visits))]}
    sent = len(prompt.instructions) + len(prompt.evidence) + len(json.dumps(dict(prompt.schema)))
    said = len(json.dumps(_unsure(asked)))
    return model.cost(Usage(sent // 4, said // 4)).micro_usd / 1_000_000
