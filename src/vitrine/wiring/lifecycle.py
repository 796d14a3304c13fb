"""What a service does from its start to its end, beside answering."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from vitrine import __version__
from vitrine.adapters.crawlers import CrawlerList
from vitrine.domain.rule import Rule
from vitrine.signals import CalibrationJudged, Emit, ServiceStarted, ServiceStopped, StoreFailed
from vitrine.usecases.analyse import RuleBook, UseTable, load_rules
from vitrine.usecases.background import Background, Duty
from vitrine.usecases.expose import Exposures
from vitrine.usecases.journal import Journal
from vitrine.usecases.measure import begin_experiment
from vitrine.usecases.ports import StoreUnavailableError
from vitrine.usecases.switch import OffSwitch
from vitrine.wiring.home import Home, analyse_of, now_ms, retain_of
from vitrine.wiring.models import Models
from vitrine.wiring.reports import reports_of
from vitrine.wiring.visitors import Visitors

if TYPE_CHECKING:
    from vitrine.adapters.redis.server import RedisServer

SWITCH_EVERY_S = 1.0
RULES_EVERY_S = 10.0
SALT_EVERY_S = LOG_KEYS_EVERY_S = 60.0
CACHE_SERVER_EVERY_S = 1.0
JOURNAL_EVERY_S = 5.0
ANALYSE_EVERY_S = 3600.0
RETAIN_AFTER_S, RETAIN_EVERY_S = 60.0, 24 * 3600.0
REPORT_AFTER_S, REPORT_EVERY_S = 2.0, 60.0
CALIBRATE_AFTER_S, CALIBRATE_EVERY_S = 5.0, 24 * 3600.0


class LiveRules:
    """The rules in force; replaced whole when an analysis ends."""

    def __init__(self, home: Home) -> None:
        self.now = RuleBook(home.site, UseTable(home.site.version))
        self._home = home
        # What was read before a change must not be taken over after it.
        self._turn = asyncio.Lock()

    async def reload(self) -> None:
        """Take over the rules of the last analysis, whichever process made it."""
        async with self._turn:
            found = await load_rules(self._home.site, self._home.notes)
            if found.version != self.now.version:
                self.now = found

    def rule(self, segment: str | None, language: str) -> Rule:
        return self.now.rule(segment, language)


@dataclass(frozen=True, slots=True)
class Parts:
    """What begins and ends with a service; `duties` are those of its database."""

    home: Home
    rules: LiveRules
    switch: OffSwitch
    visitors: Visitors
    exposures: Exposures
    models: Models
    journal: Journal
    crawlers: CrawlerList
    cache_server: RedisServer | None
    duties: tuple[Duty, ...]
    emit: Emit


class Lifecycle:
    """Starts the parts of a service, keeps up what they do in the background, and ends them."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._analyse = analyse_of(parts.home, parts.emit)
        self._retain = retain_of(parts.home, parts.emit)
        self._reports = reports_of(parts.home, parts.emit) if parts.home.database.sole else None
        self._background = Background(self._duties(), parts.emit)

    async def start(self) -> None:
        parts, home = self._parts, self._parts.home
        await parts.journal.share()
        await parts.rules.reload()
        await parts.switch.refresh()
        await parts.visitors.opt_outs.load()
        await parts.visitors.log_pseudonyms.renew()
        await begin_experiment(home.notes, home.settings.holdout_share, now_ms())
        await parts.models.start()
        if parts.cache_server is not None:
            await parts.cache_server.look()
        self._background.start()
        asyncio.get_running_loop().run_in_executor(None, parts.crawlers.warm)
        parts.emit(ServiceStarted(__version__, home.site.id, str(home.settings.home), now_ms()))

    async def stop(self) -> None:
        parts = self._parts
        await self._background.stop()
        try:
            await parts.models.stop()
            await parts.exposures.drain()
            await parts.journal.share()
        except StoreUnavailableError as problem:  # what is open has to be closed all the same
            parts.emit(StoreFailed("journal", str(problem)))
        if parts.cache_server is not None:
            await parts.cache_server.close()
        await parts.home.close()
        parts.emit(ServiceStopped("asked to"))

    async def ready(self) -> str | None:
        """Return why the service cannot do its work, or nothing."""
        try:
            await self._parts.home.store.prove_writable()
        except StoreUnavailableError as problem:
            self._parts.emit(StoreFailed("ready", str(problem)))
            return f"the database does not take what it is given: {problem}"
        return None

    def _duties(self) -> tuple[Duty, ...]:
        parts, server = self._parts, self._parts.cache_server
        return (
            Duty("switch", SWITCH_EVERY_S, parts.switch.refresh),
            Duty("rules", RULES_EVERY_S, parts.rules.reload),
            Duty("salt", SALT_EVERY_S, parts.visitors.new_day),
            Duty("log_keys", LOG_KEYS_EVERY_S, parts.visitors.log_pseudonyms.refresh, 0.0),
            Duty("journal", JOURNAL_EVERY_S, parts.journal.share),
            Duty("calibrate", CALIBRATE_EVERY_S, self._judge_calibration, CALIBRATE_AFTER_S),
            *((Duty("cache_server", CACHE_SERVER_EVERY_S, server.look),) if server else ()),
            *parts.models.duties(),
            *parts.duties,
            *self._jobs(),
        )

    def _jobs(self) -> tuple[Duty, ...]:
        """Return what is done here where no other process writes.

        Else workers do that (wiring/jobs.py), and what others changed is read again.
        """
        if not self._parts.home.database.sole:
            return (Duty("opt_outs", SWITCH_EVERY_S, self._parts.visitors.opt_outs.load),)
        return (
            Duty("analyse", ANALYSE_EVERY_S, self._refresh_rules),
            Duty("retain", RETAIN_EVERY_S, self._retain, RETAIN_AFTER_S),
            *self._parts.models.jobs(),
            *self._reporting(),
        )

    def _reporting(self) -> tuple[Duty, ...]:
        reports = self._reports
        if reports is None:
            return ()

        async def look() -> None:
            await reports.look(now_ms())

        return (Duty("report", REPORT_EVERY_S, look, REPORT_AFTER_S),)

    async def _refresh_rules(self) -> None:
        await self._analyse()
        if self._parts.models.legs and await self._parts.models.suggest():
            await self._analyse()
        await self._parts.rules.reload()

    async def _judge_calibration(self) -> None:
        found = await self._parts.home.calibration()
        right = {one.high: one.right for one in found.bins}
        self._parts.emit(CalibrationJudged(found.visits, found.ece, right))
