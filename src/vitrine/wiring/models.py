"""The models of a home: its providers in their order, the chain, and the use cases that ask."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple

from vitrine.adapters.models import ModelAddress, models_of
from vitrine.domain.question import FailureReason
from vitrine.operations.doctor.patient import AskedModel
from vitrine.settings import Settings
from vitrine.signals import Emit, ModelUnusable
from vitrine.telemetry.registry import Registry
from vitrine.usecases.background import Duty
from vitrine.usecases.breakers import Breakers
from vitrine.usecases.budget import MICRO, Budget
from vitrine.usecases.chain import Chain
from vitrine.usecases.consult import Consult
from vitrine.usecases.leg import Leg
from vitrine.usecases.model_ports import Spent
from vitrine.usecases.review import Report, Review
from vitrine.usecases.suggest import Suggest
from vitrine.wiring.home import Home, now_ms, nowhere, open_home
from vitrine.wiring.metrics import watch_models

CONSULT_EVERY_S = 5.0
OPINIONS_EVERY_S = 60.0
BREAKERS_EVERY_S = 5.0
DEADLINES_S = {"gemini": 5.0, "deepseek": 10.0, "openai_compatible": 10.0}
"""The guide's targets for the two; who is slower is not waited for."""
TO_ASK_ONE = "set GEMINI_API_KEY or DEEPSEEK_API_KEY (docs/models.md)"
NO_MODEL = f"none is asked: {TO_ASK_ONE}"
SETTINGS = {
    provider: tuple(f"{provider.upper()}_{what}" for what in ("API_KEY", "MODEL", "BASE_URL"))
    for provider in DEADLINES_S
}
"""By which settings the key, the name and the address of each provider's model are set."""


def addresses_of(settings: Settings) -> tuple[ModelAddress, ...]:
    """Return where the models are that the settings name, in the order in which they are asked."""
    found = []
    if settings.gemini_api_key is not None:
        key = settings.gemini_api_key.get_secret_value()
        found.append(ModelAddress("gemini", settings.gemini_base_url, settings.gemini_model, key))
    if settings.deepseek_api_key is not None:
        key = settings.deepseek_api_key.get_secret_value()
        found.append(
            ModelAddress("deepseek", settings.deepseek_base_url, settings.deepseek_model, key)
        )
    base_url, name = settings.openai_compatible_base_url, settings.openai_compatible_model
    if base_url and name:
        secret = settings.openai_compatible_api_key
        key = secret.get_secret_value() if secret else ""
        found.append(ModelAddress("openai_compatible", base_url, name, key))
    return tuple(found)


def providers_of(settings: Settings) -> tuple[str, ...]:
    """Return the providers that are asked, in their order; none without a budget."""
    if settings.llm_daily_budget_usd == 0:
        return ()
    return tuple(address.provider for address in addresses_of(settings))


def asked_models(settings: Settings) -> tuple[AskedModel, ...]:
    """Return the models that are asked, as a doctor looks at them."""
    providers = providers_of(settings)
    return tuple(
        AskedModel(address, DEADLINES_S[address.provider], *SETTINGS[address.provider])
        for address in addresses_of(settings)
        if address.provider in providers
    )


def models_line(settings: Settings) -> str:
    """Return in one line which models are asked, or what to set so that one is."""
    providers = providers_of(settings)
    if not providers:
        return NO_MODEL
    names = {address.provider: address.name for address in addresses_of(settings)}
    asked = ", then ".join(f"{provider} ({names[provider]})" for provider in providers)
    return f"{asked}; at most {settings.llm_daily_budget_usd:.2f} USD a day"


class Models:
    """The chain of a home with what keeps it going; without a key it asks nobody."""

    def __init__(self, home: Home, emit: Emit) -> None:
        self._emit = emit
        self._breakers = Breakers(home.notes)
        self.budget = Budget(home.spending, home.settings.llm_daily_budget_usd, now_ms, emit)
        providers = providers_of(home.settings)
        addresses = [one for one in addresses_of(home.settings) if one.provider in providers]
        self.legs = tuple(
            Leg(
                model,
                deadline_s=DEADLINES_S[model.provider],
                breaker=self._breakers.of(model.provider),
                budget=self.budget,
                emit=emit,
                clock=now_ms,
                random=Random(),
            )
            for model in models_of(addresses)
        )
        self.chain = Chain(self.legs, deadline_s=home.settings.llm_deadline_s, emit=emit)
        self.consult = Consult(
            site=home.site,
            evidence=home.evidence,
            opinions=home.opinions,
            store=home.store,
            kept=home.kept_opinions,
            analyst=self.chain,
            emit=emit,
            clock=now_ms,
        )
        self.suggest = Suggest(site=home.site, notes=home.notes, analyst=self.chain, clock=now_ms)
        self.review = Review(site=home.site, store=home.store, analyst=self.chain, clock=now_ms)
        self._checking: asyncio.Task[None] | None = None

    def duties(self) -> tuple[Duty, ...]:
        """Return what a service does for models; what was answered before serves without a key."""
        opinions = Duty("opinions", OPINIONS_EVERY_S, self.consult.load)
        if not self.legs:
            return (opinions,)
        return (
            opinions,
            Duty("breakers", BREAKERS_EVERY_S, self._look_at_breakers),
            Duty("budget", OPINIONS_EVERY_S, self.budget.count),
        )

    def jobs(self) -> tuple[Duty, ...]:
        """Return what asks models; one process does it."""
        return (Duty("consult", CONSULT_EVERY_S, self.consult),) if self.legs else ()

    async def _look_at_breakers(self) -> None:
        for leg in self.legs:
            leg.announce()
        await self._breakers.share()

    async def start(self) -> None:
        """Take over what was kept; whether each model works is found out beside."""
        await self.consult.load()
        if self.legs:
            await self._breakers.share()
            for leg in self.legs:
                leg.announce()
            await self.budget.count()
            self._checking = asyncio.create_task(self._check())

    async def stop(self) -> None:
        """Keep the breakers' state and close every connection."""
        if self._checking is not None:
            self._checking.cancel()
            await asyncio.gather(self._checking, return_exceptions=True)
        if self.legs:
            await self._breakers.share()
        for leg in self.legs:
            await leg.close()

    async def _check(self) -> None:
        for leg in self.legs:
            reason = await leg.check()
            if reason is not None:
                advice = _advice(leg.provider, leg.model, reason)
                self._emit(ModelUnusable(leg.provider, leg.model, reason, advice))


class PeriodReport(NamedTuple):
    """A period's report with what models have cost in it; `calls_per_1000` counts visitors."""

    report: Report
    spent: Spent
    calls_per_1000: float | None

    @property
    def cost_usd(self) -> float:
        return self.spent.spent / MICRO


@asynccontextmanager
async def reporter(settings: Settings) -> AsyncIterator[Callable[[int], Awaitable[PeriodReport]]]:
    """Give a function that reports on the home's last days; models are asked where they are."""
    home = open_home(settings, create=False)
    models = Models(home, nowhere)

    async def report(days: int) -> PeriodReport:
        found = await models.review(days)
        first = datetime.now(UTC).date() - timedelta(days=days - 1)
        spent = await home.spending.since(first.isoformat())
        visitors = found.figures["visitors"]
        assert isinstance(visitors, int)
        return PeriodReport(found, spent, 1_000 * spent.calls / visitors if visitors else None)

    try:
        yield report
    finally:
        await models.stop()
        await home.close()


def watch(registry: Registry, settings: Settings) -> None:
    """Have what stands still about models be seen from the start."""
    watch_models(registry, providers_of(settings), settings.llm_daily_budget_usd)


def _advice(provider: str, model: str, reason: FailureReason) -> str:
    key, name, _ = SETTINGS[provider]
    if reason is FailureReason.UNAUTHORIZED:
        return f"the provider refuses the key; set another {key}"
    return f"the provider has no model {model!r} (any more); set {name} to one that it offers"
