"""A worker for one drill: as `vitrine worker` runs it, with faults that its starter turns on.

Not a command: `vitrine drill` starts it as `python -m vitrine.cli.drilled_worker HOME PORT`
and writes `NAME on` and `NAME off` on its standard input.
"""

from __future__ import annotations

import logging
import sys

from procrastinate import RetryStrategy

from vitrine.adapters import jobs as queue
from vitrine.cli.collector import collect_seldom
from vitrine.operations.faults import Faults, listen
from vitrine.operations.server import run
from vitrine.settings import Settings
from vitrine.signals import JobName
from vitrine.telemetry.logs import LibraryRecords, plain_logging
from vitrine.usecases.jobs import Job
from vitrine.wiring.jobs import worker
from vitrine.wiring.log import standard_log

HEARTBEAT_S = 0.5
OFTEN, SELDOM = "* * * * * *", "* * * * * */5"
"""Each second, and every five: the analysis has eight parts, and a drill has two cores."""


def compress_time() -> None:
    """Let a worker say more often that it lives, and try at once again what failed."""
    queue.HEARTBEAT_S = HEARTBEAT_S
    queue.RETRY = RetryStrategy(max_attempts=queue.ATTEMPTS, wait=0)


def main(home: str, port: str) -> None:
    """Do jobs until asked to stop."""
    collect_seldom()
    compress_time()
    faults = Faults()
    settings = Settings.load(home=home)
    settings.make_home()
    log = standard_log(settings.without_log_copies())
    records = LibraryRecords(log)
    records.addFilter(queue.is_news)
    records.install()
    for noisy in ("alembic", "procrastinate"):
        logging.getLogger(noisy).setLevel(logging.WARNING)

    def rehearse(job: Job) -> Job:
        cron = SELDOM if job.name is JobName.ANALYSE else OFTEN
        return faults.in_job(job)._replace(cron=cron)

    listen(faults, sys.stdin)
    try:
        run(worker(settings, log, rehearse), "127.0.0.1", int(port), plain_logging())
    finally:
        log.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
