"""The only place that builds objects."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from vitrine import __version__
from vitrine.adapters.cache import MeasuredCache, MemoryCache
from vitrine.adapters.crawlers import CrawlerList
from vitrine.adapters.database.engine import Database, sqlite_engine
from vitrine.adapters.database.migrate import migrate
from vitrine.adapters.database.visits import SqliteNotes, SqliteVisitStore
from vitrine.adapters.site_file import find_site, load_site
from vitrine.api.http import Senders
from vitrine.api.service import Service
from vitrine.domain.event import EventReader
from vitrine.domain.evidence import Evidence
from vitrine.domain.experiment import is_held_out
from vitrine.domain.limit import TokenBuckets
from vitrine.domain.pseudonym import Pseudonyms
from vitrine.domain.rule import Rule
from vitrine.domain.site import Site
from vitrine.domain.visit import Folding
from vitrine.domain.weights import FITTED
from vitrine.settings import Settings
from vitrine.signals import Emit, ServiceStarted, ServiceStopped, Signal
from vitrine.telemetry.bindings import Telemetry
from vitrine.telemetry.logs import JsonLog
from vitrine.usecases.analyse import Analyse, RuleBook, UseTable, load_rules
from vitrine.usecases.background import Background, Duty
from vitrine.usecases.identify import DaySalt, Identify
from vitrine.usecases.import_log import ImportLog
from vitrine.usecases.ingest import Ingest, Limiter
from vitrine.usecases.measure import measure
from vitrine.usecases.personalize import Decisions, Personalize
from vitrine.usecases.ports import StoreUnavailableError
from vitrine.usecases.switch import OffSwitch

SWITCH_EVERY_S = 1.0
ANALYSE_EVERY_S = 3600.0
EXPERIMENT_NOTE = "experiment"


def now_ms() -> int:
    """Return milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def _nowhere(_signal: Signal) -> None:
    """Hear a signal where nobody listens: in commands that report by themselves."""


@dataclass(frozen=True, slots=True)
class Home:
    """An opened home: its site, its database, and what is made of both."""

    settings: Settings
    site: Site
    key: bytes
    evidence: Evidence
    database: Database
    store: SqliteVisitStore
    notes: SqliteNotes

    @property
    def pseudonyms(self) -> Pseudonyms:
        return Pseudonyms(self.key, self.site.id)

    async def close(self) -> None:
        """Finish every write that was taken, then close the database."""
        await self.store.drain()
        self.database.close()


def open_home(settings: Settings) -> Home:
    """Open (and where it is new, create and migrate) the home that the settings name.

    Raises `SettingsError`, `SiteFileError`, `NewerDatabaseError` or SQLAlchemy's errors.
    """
    site = load_site(find_site(settings.site))
    settings.make_home()
    key = settings.key()
    evidence = Evidence(site, FITTED)
    folding = Folding(
        evidence,
        site.threshold,
        site.conversions,
        lambda visitor: is_held_out(visitor, settings.holdout_share, key),
    )
    engine = sqlite_engine(settings.database_path, settings.db_pool_size)
    migrate(engine)
    database = Database(engine)
    store = SqliteVisitStore(database, folding)
    return Home(settings, site, key, evidence, database, store, SqliteNotes(database))


@asynccontextmanager
async def importer(settings: Settings) -> AsyncIterator[ImportLog]:
    """Give the use case that imports access logs into the home."""
    home = open_home(settings)
    try:
        yield ImportLog(home.site, home.store, home.pseudonyms, CrawlerList(), _nowhere)
    finally:
        await home.close()


@asynccontextmanager
async def analyser(settings: Settings) -> AsyncIterator[Analyse]:
    """Give the use case that refreshes the home's rules."""
    home = open_home(settings)
    try:
        yield _analyse(home, _nowhere)
    finally:
        await home.close()


@asynccontextmanager
async def off_switch(settings: Settings) -> AsyncIterator[OffSwitch]:
    """Give the home's off switch; a running service takes it over within a second."""
    home = open_home(settings)
    try:
        switch = OffSwitch(home.notes, _nowhere)
        await switch.refresh()
        yield switch
    finally:
        await home.close()


async def rule_of(settings: Settings, segment: str | None, language: str) -> Rule:
    """Return what a segment of the home is shown now; raises `KeyError` for no such segment."""
    home = open_home(settings)
    try:
        if segment is not None and segment not in home.site.segment_ids:
            raise KeyError(segment)
        rules = await load_rules(home.site, home.notes)
        return rules.rule(segment, language or home.site.languages[0])
    finally:
        await home.close()


def _analyse(home: Home, emit: Emit) -> Analyse:
    return Analyse(
        site=home.site,
        evidence=home.evidence,
        store=home.store,
        notes=home.notes,
        emit=emit,
        clock=now_ms,
    )


class _LiveRules:
    """The rules in force; replaced whole when an analysis ends."""

    def __init__(self, site: Site) -> None:
        self.now = RuleBook(site, UseTable(site.version))

    def rule(self, segment: str | None, language: str) -> Rule:
        return self.now.rule(segment, language)


def service(settings: Settings, log: JsonLog) -> Service:
    """Build the service of a home; nothing runs before `start`."""
    home = open_home(settings)
    telemetry = Telemetry(log)
    crawlers = CrawlerList()
    rules = _LiveRules(home.site)
    switch = OffSwitch(home.notes, telemetry)
    identify = _identify(home)
    cache = MemoryCache(entries=settings.cache_entries, limit=settings.cache_bytes, emit=telemetry)
    personalize = Personalize(
        store=home.store,
        identify=identify,
        decisions=Decisions(MeasuredCache(cache, telemetry), lambda: rules.now),
        switch=switch,
        deadline_s=settings.decision_deadline_ms / 1000,
        clock=now_ms,
        emit=telemetry,
    )
    ingest = Ingest(
        reader=_reader(home.site),
        names=home.site.event_types,
        store=home.store,
        identify=identify,
        crawlers=crawlers,
        limiter=_limiter(settings),
        switch=switch,
        clock=now_ms,
        emit=telemetry,
    )
    analyse = _analyse(home, telemetry)

    async def refresh_rules() -> None:
        rules.now = (await analyse()).rules

    background = Background(
        (
            Duty("switch", SWITCH_EVERY_S, switch.refresh),
            Duty("analyse", ANALYSE_EVERY_S, refresh_rules),
        ),
        telemetry,
    )

    async def start() -> None:
        rules.now = await load_rules(home.site, home.notes)
        await switch.refresh()
        background.start()
        asyncio.get_running_loop().run_in_executor(None, crawlers.warm)
        telemetry(ServiceStarted(__version__, home.site.id, str(settings.home)))

    async def stop() -> None:
        await background.stop()
        await home.close()
        telemetry(ServiceStopped("asked to"))

    async def ready() -> str | None:
        try:
            await home.notes.get(EXPERIMENT_NOTE)
        except StoreUnavailableError as problem:
            return f"the database does not answer: {problem}"
        return None

    return Service(
        site=home.site,
        ingest=ingest,
        personalize=personalize,
        switch=switch,
        senders=Senders(settings.trusted_proxies),
        emit=telemetry,
        admin_token=settings.kept_secret("admin-token"),
        start=start,
        stop=stop,
        ready=ready,
        summary=lambda: {**telemetry.summary(), "log_lines_dropped": log.dropped},
        rule=rules.rule,
        experiment=lambda: _experiment(home),
    )


def _identify(home: Home) -> Identify:
    networks = home.settings.owner_addresses
    return Identify(
        home.pseudonyms,
        DaySalt(home.notes),
        owner_ids=frozenset(home.settings.owner_ids),
        owner_addresses=lambda address: (
            bool(networks) and any(ip_address(address) in network for network in networks)
        ),
    )


def _reader(site: Site) -> EventReader:
    return EventReader(
        site.event_types,
        max_age_ms=site.limits.max_age_ms,
        max_ahead_ms=site.limits.max_ahead_ms,
        hosts=site.hosts,
        referrers=site.referrers,
    )


def _limiter(settings: Settings) -> Limiter:
    visitors, networks = settings.visitor_events_per_minute, settings.network_events_per_minute
    return Limiter(
        TokenBuckets(per_minute=visitors, burst=visitors),
        TokenBuckets(per_minute=networks, burst=networks),
    )


async def _experiment(home: Home) -> dict[str, Any]:
    """Return the experiment since its share was last changed, as the API shows it."""
    share = home.settings.holdout_share
    stored = json.loads(await home.notes.get(EXPERIMENT_NOTE) or b"{}")
    if stored.get("share") != share:
        stored = {"share": share, "since_ms": now_ms() if stored else 0}
        await home.notes.put(EXPERIMENT_NOTE, json.dumps(stored).encode())
    found = await measure(home.store, share=share, since_ms=stored["since_ms"])
    return {
        **stored,
        "state": _snake(type(found.verdict).__name__),
        **found.verdict._asdict(),
        "personalized": found.personalized._asdict(),
        "holdout": found.holdout._asdict(),
    }


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


def standard_log(settings: Settings) -> JsonLog:
    """Return the service's log on standard output."""
    return JsonLog(sys.stdout.buffer, settings.log_level)
