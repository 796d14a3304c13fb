"""The console of a running service."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from fastapi import APIRouter

from vitrine.adapters.alertmanager import AlertmanagerSilences
from vitrine.adapters.database.archive import SqlArchive
from vitrine.adapters.prometheus_series import PrometheusAlertRules, PrometheusSeriesStore
from vitrine.api.service import Service
from vitrine.catalogue.dashboard import Dashboard
from vitrine.catalogue.limits import NETWORK_LOGINS, SITE_LOGINS
from vitrine.console import Given, Password, People, console_routers, cookie_key
from vitrine.console.given import Logins, Present
from vitrine.operations.slo import Standing, standings
from vitrine.telemetry.logs import JsonLog
from vitrine.usecases.census import Census
from vitrine.usecases.chain import LocalRules
from vitrine.usecases.journal import Journal
from vitrine.usecases.monitoring_ports import SeriesStore
from vitrine.usecases.override import Override
from vitrine.usecases.review import Review
from vitrine.usecases.story import Story
from vitrine.wiring.home import Home, now_ms


def with_console(
    home: Home,
    service: Service,
    log: JsonLog,
    present: Callable[[], Present],
    journal: Journal,
    dashboards: Sequence[Dashboard],
    worker: str = "",
) -> tuple[Service, Sequence[APIRouter]]:
    """Return the console's routers, and the service, whose stop ends the console as well."""
    settings = home.settings
    prometheus = settings.prometheus_url
    series, alerts = PrometheusSeriesStore(prometheus), PrometheusAlertRules(prometheus)
    silences = AlertmanagerSilences(settings.alertmanager_url)

    async def stop() -> None:
        await service.stop()
        for one in (series, alerts, silences):
            await one.close()

    password = settings.password()
    given = Given(
        site=home.site,
        public_url=settings.public_url,
        password=Password(password),
        key=cookie_key(home.key, password),
        sender=service.senders.sender,
        clock=now_ms,
        notes=home.notes,
        logins=Logins(settings.bounds(NETWORK_LOGINS), settings.bounds(SITE_LOGINS)),
        emit=service.emit,
        switch=service.switch,
        series=series,
        alerts=alerts,
        silences=silences,
        standings=lambda: _standings(series),
        ready=service.ready,
        present=present,
        log=log.recent,
        journal=journal,
        people=people(home, service),
        dashboards=dashboards,
        worker=worker,
    )
    return replace(service, stop=stop), console_routers(given)


def people(home: Home, service: Service) -> People:
    """Return what the console may know of visitors, and do to what they are shown."""
    archive = SqlArchive(home.database)
    override = Override(
        site=home.site,
        notes=home.notes,
        clock=now_ms,
        emit=service.emit,
        reload=service.reload_rules,
    )
    return People(
        archive=archive,
        census=Census(home.site, archive, now_ms),
        story=Story(home.site, home.evidence, home.folding, archive),
        pseudonym=home.pseudonyms.claimed,
        rule=service.rule,
        override=override,
        review=service.review,
        review_locally=Review(site=home.site, store=home.store, analyst=LocalRules(), clock=now_ms),
        experiment=service.experiment,
        reliability=home.calibration,
    )


async def _standings(series: SeriesStore) -> Sequence[Standing]:
    """Return where each objective stands, asked one after the other in a thread."""
    loop = asyncio.get_running_loop()

    def ask(query: str) -> float | None:
        asked = asyncio.run_coroutine_threadsafe(series.at(query, now_ms() / 1_000), loop)
        found = asked.result()
        value = found[0].value if found else math.nan
        return value if math.isfinite(value) else None

    return await asyncio.to_thread(lambda: list(standings(ask)))
