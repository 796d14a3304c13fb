"""The running service of a home: what a request may call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from vitrine.adapters.crawlers import CrawlerList
from vitrine.adapters.database.postgres.address import Address
from vitrine.api.service import Service
from vitrine.catalogue.limits import NETWORK_ASKS
from vitrine.pages.content import Edition
from vitrine.senders import Senders
from vitrine.settings import Settings
from vitrine.telemetry.bindings import Telemetry
from vitrine.telemetry.exposition import Exposition
from vitrine.telemetry.logs import JsonLog
from vitrine.telemetry.registry import Registry
from vitrine.usecases.expose import Exposures
from vitrine.usecases.ingest import Ingest
from vitrine.usecases.journal import Journal
from vitrine.usecases.measure import begin_experiment, measure
from vitrine.usecases.personalize import Decisions, Personalize
from vitrine.usecases.ports import Cache, Limits
from vitrine.usecases.switch import OffSwitch
from vitrine.wiring.cache import shared_of
from vitrine.wiring.database import watch_database
from vitrine.wiring.editions import titles_in
from vitrine.wiring.home import Home, now_ms
from vitrine.wiring.lifecycle import Lifecycle, LiveRules, Parts
from vitrine.wiring.limits import allowance, gate
from vitrine.wiring.models import Models, addresses_of
from vitrine.wiring.models import watch as watch_models
from vitrine.wiring.visitors import Visitors


def service(
    home: Home,
    log: JsonLog,
    registry: Registry,
    asking: type[Models] = Models,
    *,
    portfolio: Mapping[str, Edition] | None = None,
    journal: Journal | None = None,
) -> Service:
    """Build the service of a home; nothing runs before `start`.

    `portfolio` gives the titles of the shipped site in each of its languages. A `journal` is
    kept if given.
    """
    settings = home.settings
    kept = journal or Journal(home.notes, now_ms)
    hide_secrets(home, log)
    visitors = Visitors(home)
    emit = Telemetry(log, registry, kept.followers, visitors.log_pseudonyms.of)
    duties = watch_database(settings, home.database, registry, emit)
    watch_models(registry, settings)
    shared = shared_of(home, registry, emit)
    parts = Parts(
        home=home,
        rules=LiveRules(home),
        switch=OffSwitch(home.notes, emit),
        visitors=visitors,
        exposures=Exposures(home.store, now_ms, emit),
        models=asking(home, emit),
        journal=kept,
        crawlers=CrawlerList(),
        cache_server=shared.server,
        duties=duties,
        emit=emit,
    )
    rules = parts.rules
    export = visitors.exporting(lambda: rules.now, titles_in(home, portfolio or {}))
    forget = visitors.forgetting(parts.exposures, shared.limits, emit, log.recent.forget)
    life = Lifecycle(parts)
    return Service(
        site=home.site,
        ingest=_ingest(parts, shared.limits),
        personalize=_personalize(parts, shared.cache),
        desk=visitors.desk(export, forget, emit),
        switch=parts.switch,
        senders=Senders(settings.trusted_proxies),
        emit=emit,
        admin_gate=gate(settings, settings.token_for_admin(), emit),
        metrics_gate=gate(settings, settings.token_for_metrics(), emit),
        start=life.start,
        stop=life.stop,
        ready=life.ready,
        summary=registry.read,
        scrape=Exposition(registry).render,
        set_log_level=log.set_level,
        rule=rules.rule,
        reload_rules=rules.reload,
        review=parts.models.review,
        experiment=lambda: _experiment(home),
        explain=visitors.explain,
        forget=lambda who: visitors.forget(forget, who),
    )


def hide_secrets(home: Home, log: JsonLog) -> None:
    """Let the log take out whatever this home keeps secret."""
    settings = home.settings
    log.hide(
        settings.token_for_admin(),
        settings.token_for_metrics(),
        settings.password(),
        home.key.decode(),
        *(address.key for address in addresses_of(settings) if address.key),
        *passwords_in(settings),
    )


def passwords_in(settings: Settings) -> set[str]:
    """Return the passwords in addresses, as they stand there and as each client reads them."""
    redis = settings.redis_url.get_secret_value() if settings.redis_url else ""
    postgres = settings.postgres_url
    found = {*_written(redis), *_written(postgres or "")}
    found |= set(map(unquote, (*found, *parse_qs(urlsplit(redis).query).get("password", ()))))
    if postgres is not None:  # of which a plus is no space
        found.add(Address.read(postgres).password or "")
    return found - {""}


def _written(url: str) -> Iterator[str]:
    """Yield the passwords of an address as they stand there."""
    parts = urlsplit(url)
    yield parts.password or ""
    for name, _, said in (option.partition("=") for option in parts.query.split("&")):
        if name == "password":
            yield said


def _personalize(parts: Parts, cache: Cache) -> Personalize:
    settings = parts.home.settings
    return Personalize(
        store=parts.home.store,
        identify=parts.visitors.identify,
        exposures=parts.exposures,
        decisions=Decisions(cache, lambda: parts.rules.now),
        switch=parts.switch,
        asks=allowance(settings, NETWORK_ASKS, parts.emit),
        deadline_s=settings.decision_deadline_ms / 1000,
        clock=now_ms,
        emit=parts.emit,
    )


def _ingest(parts: Parts, limits: Limits) -> Ingest:
    site = parts.home.site
    return Ingest(
        reader=site.reader(),
        names=site.event_types,
        store=parts.home.store,
        identify=parts.visitors.identify,
        crawlers=parts.crawlers,
        limits=limits,
        switch=parts.switch,
        clock=now_ms,
        emit=parts.emit,
    )


async def _experiment(home: Home) -> dict[str, Any]:
    """Return the experiment since its share was last changed, as the API shows it."""
    share = home.settings.holdout_share
    since_ms = await begin_experiment(home.notes, share, now_ms())
    found = await measure(home.store, share=share, since_ms=since_ms)
    return {
        "share": share,
        "since_ms": since_ms,
        "state": found.verdict.state,
        **found.verdict._asdict(),
        "personalized": found.personalized._asdict(),
        "holdout": found.holdout._asdict(),
    }
