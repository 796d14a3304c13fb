"""`make bench`: every figure beside what it is compared with, measured in one run."""

from __future__ import annotations

import os
import platform

from bench import (
    calibration,
    console,
    events,
    growth,
    log_line,
    middleware,
    models,
    personalization,
    postgres_events,
    scrape,
    startup,
)
from bench.result import HEADING

print(f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}\n")
print(HEADING)
singles = (startup, personalization, middleware, events, postgres_events)
for single in (module.measure for module in singles):
    print(single().row(), flush=True)
several_of = (
    growth.measure,
    log_line.measure,
    scrape.measure,
    models.measure,
    console.measure,
)
for several in several_of:
    for result in several():
        print(result.row(), flush=True)
print()
calibration.main([])
