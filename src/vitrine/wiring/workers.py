"""One of several workers: what it answers for itself, and what for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from fastapi import FastAPI

from vitrine.adapters.workers import Workers
from vitrine.api.own import Own, own_application
from vitrine.api.service import Service
from vitrine.catalogue.labels import WORKER
from vitrine.console.given import Present, Series
from vitrine.operations.workers.place import Place
from vitrine.settings import Settings
from vitrine.signals import WorkerStarted
from vitrine.telemetry.exposition import Exposition
from vitrine.telemetry.joining import JoinedExposition
from vitrine.telemetry.logs import JsonLog
from vitrine.telemetry.registry import Registry, Values

PRESENT, SUMMARY = "present", "summary"


class Crew:
    """Makes of one worker's service the service of all; `own` then is what it alone answers."""

    def __init__(self, place: Place, settings: Settings) -> None:
        self._place = place
        self._workers = Workers(
            place.ports, settings.token_for_metrics(), settings.kept_secret("admin-token")
        )
        self.name = place.name
        self.own: FastAPI

    def joined(self, service: Service, log: JsonLog, registry: Registry) -> Service:
        """Return the service with what belongs to all workers: metrics, counts, log level."""
        exposition = Exposition(registry)
        figures = {PRESENT: registry.present, SUMMARY: registry.read}
        self.own = own_application(service, Own(exposition.render, figures, log.set_level))
        place, workers = self._place, self._workers

        async def start() -> None:
            await service.start()
            service.emit(WorkerStarted(place.deaths, place.restarts))

        async def stop() -> None:
            await service.stop()
            await asyncio.to_thread(workers.close)

        return replace(
            service,
            start=start,
            stop=stop,
            scrape=JoinedExposition(exposition, place.name, workers.pages).render,
            summary=self._summary,
            set_log_level=workers.set_log_level,
        )

    def present(self) -> Present:
        """Return every series of every worker by its metric."""
        found: dict[str, list[Series]] = {}
        for worker, present in sorted(self._workers.figures(PRESENT).items()):
            for metric, series in present.items():
                found.setdefault(metric, []).extend(_series(series, worker))
        return found

    def _summary(self) -> dict[str, Any]:
        found: dict[str, list[dict[str, Any]]] = {}
        for worker, summary in sorted(self._workers.figures(SUMMARY).items()):
            for metric, series in summary.items():
                found.setdefault(metric, []).extend(
                    {**one, "labels": {**one["labels"], WORKER: worker}} for one in series
                )
        return found


def present_of(registry: Registry) -> Present:
    """Return every series of the only process by its metric."""
    return {metric: list(_series(series)) for metric, series in registry.present().items()}


def _series(series: Iterable[tuple[Values, float]], worker: str = "") -> Iterable[Series]:
    return (Series(tuple(labels), value, worker) for labels, value in series)
