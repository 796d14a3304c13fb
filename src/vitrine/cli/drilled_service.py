"""A service for one drill: as `vitrine serve` runs it, with faults that its starter turns on.

Not a command: `vitrine drill` starts it as `python -m vitrine.cli.drilled_service HOME PORT`
and writes `NAME on` and `NAME off` on its standard input.
"""

from __future__ import annotations

import logging
import sys
from datetime import timedelta

from sqlalchemy import Connection

from vitrine.adapters.database.sqlite.engine import SqliteDatabase
from vitrine.catalogue.alerts.workers import JOBS_WAITING
from vitrine.catalogue.metrics import DB_QUERIES
from vitrine.cli.collector import collect_seldom
from vitrine.domain import breaker
from vitrine.monitoring.compressed import factor_of
from vitrine.operations.faults import Faults, listen
from vitrine.operations.server import run
from vitrine.settings import Settings
from vitrine.signals import JobsLooked
from vitrine.telemetry.http.asgi import AsgiApp
from vitrine.telemetry.logs import LibraryRecords, plain_logging
from vitrine.telemetry.registry import Registry
from vitrine.usecases import consult
from vitrine.usecases.background import Duty
from vitrine.wiring import database as database_wiring
from vitrine.wiring import models as models_wiring
from vitrine.wiring.application import application
from vitrine.wiring.home import Home
from vitrine.wiring.log import standard_log

CONSULT_EVERY_S = 0.25
APART_S = 0.4
AT_ONCE = 12
"""Consultations side by side: slow providers are then asked as often as a busy site would."""
DEADLINES_S = {"gemini": 8.0, "deepseek": 15.0, "openai_compatible": 15.0}
"""Beyond the guide's targets, so that a slow answer is slow, and not a failure."""
LOOK_EVERY_S, LOST_AFTER_S = 1.0, 3.0
"""As often the service looks at the queue; so soon a silent worker is taken for dead."""


class BusyModels(models_wiring.Models):
    """Asks as often in a minute as a site does in hours: the drill's time is compressed."""

    def duties(self) -> tuple[Duty, ...]:
        if not self.legs:
            return super().duties()
        pauses = (CONSULT_EVERY_S + number * APART_S for number in range(AT_ONCE))
        more = (Duty("consult", pause_s, self.consult) for pause_s in pauses)
        return (*super().duties(), *more)


def compress_time() -> None:
    """Let pauses that are minutes in life be as short as the windows of the drill's rules."""
    breaker.FIRST_PAUSE_MS, breaker.LONGEST_PAUSE_MS = 500, 10_000
    consult.REST_MS = 200
    models_wiring.BREAKERS_EVERY_S = CONSULT_EVERY_S
    models_wiring.DEADLINES_S.update(DEADLINES_S)


def compress_queue() -> None:
    """Let a job of the queue age as fast as the drill's rules look at its age."""
    from vitrine.adapters.database.postgres import insight

    look_at_jobs = insight.look_at_jobs

    def looked(connection: Connection) -> JobsLooked:
        found = look_at_jobs(connection)
        return found._replace(oldest_waiting_s=found.oldest_waiting_s * factor_of(JOBS_WAITING))

    database_wiring.INSIGHT_EVERY_S = LOOK_EVERY_S
    insight.LOST_AFTER = timedelta(seconds=LOST_AFTER_S)
    insight.look_at_jobs = looked


def main(home: str, port: str) -> None:
    """Serve on loopback until asked to stop."""
    collect_seldom()
    compress_time()
    faults = Faults()
    settings = Settings.load(home=home)
    settings.make_home()
    if settings.postgres_url is not None:
        compress_queue()
    log = standard_log(settings.without_log_copies())
    LibraryRecords(log).install()
    logging.getLogger("alembic").setLevel(logging.WARNING)

    def rehearse(opened: Home, registry: Registry, app: AsgiApp) -> AsgiApp:
        if isinstance(opened.database, SqliteDatabase):  # what fails in a PostgreSQL is real
            engine = opened.database.engine
            faults.in_database(engine)
            faults.run_beside(engine, lambda value: registry[DB_QUERIES].cell("select", value))
        faults.in_store(opened.store)
        return faults.around(app)

    listen(faults, sys.stdin)
    try:
        measured = application(settings, log, rehearse, BusyModels)
        run(measured, "127.0.0.1", int(port), plain_logging(), log.recent.close)
    finally:
        log.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
