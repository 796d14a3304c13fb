"""The running service of a home."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from typing import Any

from vitrine import __version__
from vitrine.adapters.cache import MeasuredCache, MemoryCache
from vitrine.adapters.crawlers import CrawlerList
from vitrine.api.app import METHODS, STATUSES, Application
from vitrine.api.http import Senders
from vitrine.api.service import Service
from vitrine.catalogue.dashboard import Dashboard
from vitrine.catalogue.dashboards import DASHBOARDS
from vitrine.catalogue.metrics import API_DURATION, API_REQUESTS
from vitrine.console import templates
from vitrine.domain.limit import TokenBuckets
from vitrine.domain.rule import Rule
from vitrine.settings import Settings
from vitrine.signals import ServiceStarted, ServiceStopped, StoreFailed
from vitrine.telemetry.bindings import Telemetry
from vitrine.telemetry.exposition import Exposition
from vitrine.telemetry.http import HttpTelemetry, Routes
from vitrine.telemetry.http.asgi import AsgiApp
from vitrine.telemetry.http.routes import UNTIMED
from vitrine.telemetry.logs import JsonLog
from vitrine.telemetry.registry import Registry
from vitrine.usecases.analyse import RuleBook, UseTable, load_rules
from vitrine.usecases.background import Background, Duty
from vitrine.usecases.explain import explain_visit
from vitrine.usecases.expose import Exposures
from vitrine.usecases.identify import DaySalt, Identify
from vitrine.usecases.ingest import Ingest, Limiter
from vitrine.usecases.journal import Journal
from vitrine.usecases.measure import begin_experiment, measure
from vitrine.usecases.personalize import Decisions, Personalize
from vitrine.usecases.ports import StoreUnavailableError
from vitrine.usecases.switch import OffSwitch
from vitrine.wiring.console import with_console
from vitrine.wiring.home import Home, analyse_of, now_ms, open_home
from vitrine.wiring.metrics import build_registry, watch_cache, watch_database, watch_log
from vitrine.wiring.models import Models, addresses_of, providers_of
from vitrine.wiring.models import watch as watch_models

SWITCH_EVERY_S = 1.0
RULES_EVERY_S = 10.0
SALT_EVERY_S = 60.0
JOURNAL_EVERY_S = 5.0
ANALYSE_EVERY_S = 3600.0


class _LiveRules:
    """The rules in force; replaced whole when an analysis ends."""

    def __init__(self, home: Home) -> None:
        self.now = RuleBook(home.site, UseTable(home.site.version))
        self._home = home

    async def reload(self) -> None:
        """Take over the rules of the last analysis, whichever process made it."""
        found = await load_rules(self._home.site, self._home.notes)
        if found.version != self.now.version:
            self.now = found

    def rule(self, segment: str | None, language: str) -> Rule:
        return self.now.rule(segment, language)


Rehearse = Callable[[Home, Registry, AsgiApp], AsgiApp]
"""Puts faults between the parts of a service that is built for a drill."""


def application(
    settings: Settings,
    log: JsonLog,
    rehearse: Rehearse = lambda _home, _registry, app: app,
    models: type[Models] = Models,
    dashboards: Sequence[Dashboard] = DASHBOARDS,
) -> HttpTelemetry:
    """Build the measured ASGI application of a home; nothing runs before its lifespan.

    A drill's service is this one, with faults that `rehearse` puts in place, and with `models`
    that are asked more often; a benchmark's has `dashboards` of its own in the console.
    """
    home = open_home(settings)
    registry = build_registry(home.site, providers_of(settings))
    watch_log(registry, log)
    journal = Journal(home.notes, now_ms)
    built = service(home, log, registry, models, journal)
    built, pages = with_console(home, built, log, registry, journal, dashboards)
    app = Application(built, pages)
    # The console's pages are timed together, by their group: a person looks at them, seldom.
    untimed = (*UNTIMED, *templates(pages))
    routes = Routes(METHODS, app.rest, statuses=STATUSES, untimed=untimed)
    registry[API_REQUESTS].start(routes.combinations())
    registry[API_DURATION].start(routes.pairs())
    return HttpTelemetry(
        rehearse(home, registry, app), routes=routes, registry=registry, finished=log.request
    )


def service(
    home: Home,
    log: JsonLog,
    registry: Registry,
    asking: type[Models] = Models,
    journal: Journal | None = None,
) -> Service:
    """Build the service of a home; nothing runs before `start`. A `journal` is kept if given."""
    settings = home.settings
    journal = journal or Journal(home.notes, now_ms)
    admin_token = settings.kept_secret("admin-token")
    metrics_token = settings.token_for_metrics()
    keys = [address.key for address in addresses_of(settings) if address.key]
    log.hide(admin_token, metrics_token, settings.password(), home.key.decode(), *keys)
    telemetry = Telemetry(log, registry, journal.followers)
    watch_database(registry, home.database, settings.database_path, telemetry)
    crawlers = CrawlerList()
    rules = _LiveRules(home)
    switch = OffSwitch(home.notes, telemetry)
    salt = DaySalt(home.notes)
    identify = _identify(home, salt)
    cache = MemoryCache(entries=settings.cache_entries, limit=settings.cache_bytes, emit=telemetry)
    exposures = Exposures(home.store, now_ms, telemetry)
    watch_cache(registry, cache)
    personalize = Personalize(
        store=home.store,
        identify=identify,
        exposures=exposures,
        decisions=Decisions(MeasuredCache(cache, telemetry), lambda: rules.now),
        switch=switch,
        deadline_s=settings.decision_deadline_ms / 1000,
        clock=now_ms,
        emit=telemetry,
    )
    ingest = Ingest(
        reader=home.site.reader(),
        names=home.site.event_types,
        store=home.store,
        identify=identify,
        crawlers=crawlers,
        limiter=_limiter(settings),
        switch=switch,
        clock=now_ms,
        emit=telemetry,
    )
    analyse = analyse_of(home, telemetry)
    models = asking(home, telemetry)
    watch_models(registry, settings)

    async def refresh_rules() -> None:
        await analyse()
        if models.legs and await models.suggest():
            await analyse()
        await rules.reload()

    background = Background(
        (
            Duty("switch", SWITCH_EVERY_S, switch.refresh),
            Duty("rules", RULES_EVERY_S, rules.reload),
            Duty("salt", SALT_EVERY_S, lambda: salt.of(now_ms())),
            Duty("journal", JOURNAL_EVERY_S, journal.save),
            Duty("analyse", ANALYSE_EVERY_S, refresh_rules),
            *models.duties(),
        ),
        telemetry,
    )

    async def start() -> None:
        await journal.load()
        await rules.reload()
        await switch.refresh()
        await begin_experiment(home.notes, settings.holdout_share, now_ms())
        await models.start()
        background.start()
        asyncio.get_running_loop().run_in_executor(None, crawlers.warm)
        telemetry(ServiceStarted(__version__, home.site.id, str(settings.home), now_ms()))

    async def stop() -> None:
        await background.stop()
        await models.stop()
        await exposures.drain()
        await journal.save()
        await home.close()
        telemetry(ServiceStopped("asked to"))

    async def ready() -> str | None:
        try:
            await home.store.prove_writable()
        except StoreUnavailableError as problem:
            telemetry(StoreFailed("ready", str(problem)))
            return f"the database does not take what it is given: {problem}"
        return None

    return Service(
        site=home.site,
        ingest=ingest,
        personalize=personalize,
        switch=switch,
        senders=Senders(settings.trusted_proxies),
        emit=telemetry,
        admin_token=admin_token,
        metrics_token=metrics_token,
        start=start,
        stop=stop,
        ready=ready,
        summary=registry.read,
        scrape=Exposition(registry).render,
        set_log_level=log.set_level,
        rule=rules.rule,
        reload_rules=rules.reload,
        review=models.review,
        experiment=lambda: _experiment(home),
        explain=lambda user_id: _explain(home, user_id),
    )


def _identify(home: Home, salt: DaySalt) -> Identify:
    networks = home.settings.owner_addresses
    return Identify(
        home.pseudonyms,
        salt,
        owner_ids=frozenset(home.settings.owner_ids),
        owner_addresses=lambda address: (
            bool(networks) and any(ip_address(address) in network for network in networks)
        ),
    )


def _limiter(settings: Settings) -> Limiter:
    visitors, networks = settings.visitor_events_per_minute, settings.network_events_per_minute
    return Limiter(
        TokenBuckets(per_minute=visitors, burst=visitors),
        TokenBuckets(per_minute=networks, burst=networks),
    )


async def _explain(home: Home, user_id: str) -> dict[str, Any] | None:
    visit = await home.store.latest(home.pseudonyms.claimed(user_id))
    return None if visit is None else explain_visit(visit, home.evidence, home.site)


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


def standard_log(settings: Settings) -> JsonLog:
    """Return the service's log on standard output."""
    return JsonLog(sys.stdout.buffer, settings.log_level)
