"""An opened home, and the use cases that commands run on it without a service."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from vitrine.adapters.crawlers import CrawlerList
from vitrine.adapters.database.database import Database
from vitrine.adapters.database.notes import SqlNotes
from vitrine.adapters.database.opinions import SqlOpinions
from vitrine.adapters.database.spending import SqlSpending
from vitrine.adapters.database.visits import SqlVisitStore
from vitrine.adapters.site_file import find_site, load_site
from vitrine.domain.evidence import Evidence
from vitrine.domain.experiment import is_held_out
from vitrine.domain.opinion import Opinions
from vitrine.domain.pseudonym import Pseudonyms
from vitrine.domain.rule import Rule
from vitrine.domain.site import Site
from vitrine.domain.visit import Folding
from vitrine.domain.weights import FITTED
from vitrine.settings import Settings
from vitrine.signals import Emit, Signal
from vitrine.usecases.analyse import Analyse, RuleBook, UseTable, load_rules
from vitrine.usecases.calibrate import Calibration
from vitrine.usecases.import_log import ImportLog
from vitrine.usecases.retain import Retain
from vitrine.usecases.switch import OffSwitch
from vitrine.wiring.database import open_database


def now_ms() -> int:
    """Return milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def nowhere(_signal: Signal) -> None:
    """Hear a signal where nobody listens: in commands that report by themselves."""


@dataclass(frozen=True, slots=True)
class Home:
    """An opened home: its site, its database, and what is made of both."""

    settings: Settings
    site: Site
    key: bytes
    evidence: Evidence
    folding: Folding
    opinions: Opinions
    database: Database
    store: SqlVisitStore
    notes: SqlNotes
    calibration: Calibration

    @property
    def kept_opinions(self) -> SqlOpinions:
        return SqlOpinions(self.database)

    @property
    def spending(self) -> SqlSpending:
        return SqlSpending(self.database)

    @property
    def pseudonyms(self) -> Pseudonyms:
        return Pseudonyms(self.key, self.site.id)

    async def close(self) -> None:
        """Finish every write that was taken, then close the database."""
        await self.store.drain()
        await self.database.close()


def open_home(settings: Settings, *, create: bool = True) -> Home:
    """Open (and where it is new, create and migrate) the home that the settings name.

    A home belongs to one site for good: with another one's evidence every decision in it
    would be judged anew. Raises `SettingsError`, `SiteFileError`, `NewerDatabaseError` or
    SQLAlchemy's errors; where nothing may be created, also for a home that is not there.
    """
    site = load_site(find_site(settings.site))
    if not create:
        settings.require_home()
        settings.require_key()
    settings.make_home()
    key = settings.key()
    evidence = Evidence(site, FITTED)
    opinions = Opinions(evidence)
    folding = Folding(
        evidence,
        site.threshold,
        site.conversions,
        lambda visitor: is_held_out(visitor, settings.holdout_share, key),
        opinions,
    )
    database = open_database(settings, site.id)
    return Home(
        settings=settings,
        site=site,
        key=key,
        evidence=evidence,
        folding=folding,
        opinions=opinions,
        database=database,
        store=SqlVisitStore(database, folding),
        notes=SqlNotes(database),
        calibration=Calibration(site, evidence),
    )


@asynccontextmanager
async def importer(settings: Settings) -> AsyncIterator[ImportLog]:
    """Give the use case that imports access logs into the home."""
    home = open_home(settings)
    try:
        yield ImportLog(home.site, home.store, home.pseudonyms, CrawlerList(), nowhere)
    finally:
        await home.close()


@asynccontextmanager
async def analyser(settings: Settings) -> AsyncIterator[Analyse]:
    """Give the use case that refreshes the home's rules."""
    home = open_home(settings, create=False)
    try:
        yield analyse_of(home, nowhere)
    finally:
        await home.close()


@asynccontextmanager
async def off_switch(settings: Settings) -> AsyncIterator[OffSwitch]:
    """Give the home's off switch; a running service takes it over within a second.

    Needs no site file: the brake must work whatever else does not.
    """
    settings.require_home()
    database = open_database(settings)
    try:
        switch = OffSwitch(SqlNotes(database), nowhere)
        await switch.refresh()
        yield switch
    finally:
        await database.close()


async def rule_of(settings: Settings, segment: str | None, language: str) -> Rule:
    """Return what a segment is shown now; raises `KeyError` where the site has none such.

    Without a home that is what the site file alone gives.
    """
    site = load_site(find_site(settings.site))
    if segment is not None and segment not in site.segment_ids:
        raise KeyError(segment)
    wanted = language or site.languages[0]
    if settings.postgres_url is None and not settings.database_path.exists():
        return RuleBook(site, UseTable(site.version)).rule(segment, wanted)
    home = open_home(settings)
    try:
        return (await load_rules(site, home.notes)).rule(segment, wanted)
    finally:
        await home.close()


def retain_of(home: Home, emit: Emit) -> Retain:
    """Give the use case that deletes what is older than the owner keeps visits."""
    return Retain(home.store, home.settings.retention_days, now_ms, emit)


def analyse_of(home: Home, emit: Emit) -> Analyse:
    """Give the use case that refreshes the home's rules, heard by `emit`."""
    return Analyse(
        site=home.site,
        evidence=home.evidence,
        store=home.store,
        notes=home.notes,
        emit=emit,
        clock=now_ms,
        opinions=home.opinions,
    )
