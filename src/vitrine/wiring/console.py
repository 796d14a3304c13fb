"""The console of a running service."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from vitrine.adapters.alertmanager import AlertmanagerSilences
from vitrine.adapters.prometheus_series import PrometheusAlertRules, PrometheusSeriesStore
from vitrine.api.service import Service
from vitrine.console import Given, Password
from vitrine.operations.slo import Standing, standings
from vitrine.telemetry.logs import JsonLog
from vitrine.telemetry.registry import Registry
from vitrine.usecases.journal import Journal
from vitrine.usecases.monitoring_ports import SeriesStore
from vitrine.wiring.home import Home, now_ms

COOKIES = b"console cookies"
"""What the derived key is for; no other use of the home's key derives the same."""


@dataclass(frozen=True, slots=True)
class Watchers:
    """Those who watch the service from beside it."""

    series: PrometheusSeriesStore
    alerts: PrometheusAlertRules
    silences: AlertmanagerSilences

    async def close(self) -> None:
        """Close every connection to them."""
        for one in (self.series, self.alerts, self.silences):
            await one.close()


def watchers(home: Home) -> Watchers:
    """Return those whom the settings name; nobody is asked before a page needs it."""
    prometheus = home.settings.prometheus_url
    return Watchers(
        PrometheusSeriesStore(prometheus),
        PrometheusAlertRules(prometheus),
        AlertmanagerSilences(home.settings.alertmanager_url),
    )


def console(
    home: Home,
    service: Service,
    *,
    beside: Watchers,
    log: JsonLog,
    registry: Registry,
    journal: Journal,
) -> Given:
    """Return what the console of a home may call."""
    return Given(
        site=home.site,
        public_url=home.settings.public_url,
        password=Password(home.settings.password()),
        key=blake2b(key=home.key, person=COOKIES, digest_size=32).digest(),
        sender=service.senders.sender,
        clock=now_ms,
        emit=service.emit,
        switch=service.switch,
        series=beside.series,
        alerts=beside.alerts,
        silences=beside.silences,
        standings=lambda: _standings(beside.series),
        ready=service.ready,
        present=registry.present,
        log=log.recent,
        journal=journal,
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
