"""The HTTP application of a home: the API, the pages of visitors and of operators, measured."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from vitrine.adapters.database.sqlite.condition import require_whole
from vitrine.api.app import METHODS, STATUSES, Application
from vitrine.catalogue.dashboard import Dashboard
from vitrine.catalogue.dashboards import DASHBOARDS
from vitrine.catalogue.metrics import API_DURATION, API_REQUESTS
from vitrine.console import templates
from vitrine.console.given import Present
from vitrine.pages.router import FILES, pages_router
from vitrine.settings import Settings
from vitrine.telemetry.http import HttpTelemetry, Routes
from vitrine.telemetry.http.asgi import AsgiApp
from vitrine.telemetry.http.routes import UNTIMED
from vitrine.telemetry.logs import JsonLog
from vitrine.telemetry.registry import Registry
from vitrine.usecases.journal import Journal
from vitrine.wiring.console import with_console
from vitrine.wiring.editions import editions_of
from vitrine.wiring.home import Home, now_ms, open_home
from vitrine.wiring.metrics import build_registry, watch_log
from vitrine.wiring.models import Models, providers_of
from vitrine.wiring.pages import pages_of
from vitrine.wiring.service import service
from vitrine.wiring.workers import Crew, present_of

Rehearse = Callable[[Home, Registry, AsgiApp], AsgiApp]
"""Puts faults between the parts of a service that is built for a drill."""


def application(
    settings: Settings,
    log: JsonLog,
    rehearse: Rehearse = lambda _home, _registry, app: app,
    models: type[Models] = Models,
    dashboards: Sequence[Dashboard] = DASHBOARDS,
    crew: Crew | None = None,
) -> HttpTelemetry:
    """Build the measured ASGI application of a home; nothing runs before its lifespan.

    A drill's service is this one, with faults that `rehearse` puts in place, and with `models`
    that are asked more often; a benchmark's has `dashboards` of its own in the console. One of
    several workers answers for its whole `crew`.
    """
    if settings.postgres_url is None:
        require_whole(settings.database_path)
    home = open_home(settings)
    registry = build_registry(
        home.site,
        providers_of(settings),
        home.database.dialect,
        cache_server=settings.redis_url is not None,
    )
    watch_log(registry, log)
    journal = Journal(home.notes, now_ms)
    portfolio = editions_of(home)
    built = service(home, log, registry, models, portfolio=portfolio, journal=journal)
    present: Callable[[], Present] = partial(present_of, registry)
    worker = ""
    if crew is not None:
        built, present, worker = crew.joined(built, log, registry), crew.present, crew.name
    built, behind_login = with_console(home, built, log, present, journal, dashboards, worker)
    pages = pages_router(pages_of(home, built, portfolio))
    https = settings.public_url.startswith("https:")
    app = Application(built, [pages, *behind_login], https=https)
    # The console's pages are timed together, by their group: a person looks at them, seldom.
    untimed = (*UNTIMED, *FILES, *templates(behind_login))
    routes = Routes(METHODS, app.rest, statuses=STATUSES, untimed=untimed)
    registry[API_REQUESTS].start(routes.combinations())
    registry[API_DURATION].start(routes.pairs())
    return HttpTelemetry(
        rehearse(home, registry, app), routes=routes, registry=registry, finished=log.request
    )
