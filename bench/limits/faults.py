"""What visitors notice while something that the service leans on is away."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing

from bench.limits.configuration import Running
from bench.limits.offering import offering
from bench.limits.steps import OBJECTIVE_S
from bench.openloop.mix import EVENTS, PERSONALIZATION
from bench.openloop.report import Report
from bench.result import Result

RATE = 300.0
BEFORE_S, AFTER_S = 3.0, 6.0
AWAY_S = 3.0
LOCKED_S = 8.0
"""Longer than SQLite waits for a lock."""


def cache_away(stack: Running) -> list[Result]:
    """Stop the cache under load and start it again: personalization stays within its time."""
    report = _without(stack, "redis")
    seconds = report.kinds[PERSONALIZATION].p95
    failed = sum(number for what, number in report.errors.items() if PERSONALIZATION in what)
    return [
        Result(
            f"P95 while the cache is away ({failed:,} failed)",
            f"{1e3 * seconds:.0f} ms",
            f"{1e3 * OBJECTIVE_S:.0f} ms",
            float("inf") if failed else seconds / OBJECTIVE_S,
            1.0,
            at_most=True,
        )
    ]


def database_restarts(stack: Running) -> list[Result]:
    """Restart the database under load."""
    return _kept("database away", _without(stack, "database"))


def database_locked(stack: Running) -> list[Result]:
    """Have another program hold SQLite's file under load, as a careless copy would."""
    with (
        closing(sqlite3.connect(stack.home / "vitrine.db", isolation_level=None)) as other,
        offering(stack.url, RATE, BEFORE_S + LOCKED_S + AFTER_S, "--again") as under_way,
    ):
        time.sleep(BEFORE_S)
        other.execute("BEGIN EXCLUSIVE")
        time.sleep(LOCKED_S)
        other.execute("ROLLBACK")
        return _kept("database locked", under_way.end())


def _without(stack: Running, name: str) -> Report:
    server = stack.servers[name]
    with offering(stack.url, RATE, BEFORE_S + AWAY_S + AFTER_S, "--again") as under_way:
        time.sleep(BEFORE_S)
        server.stop()
        time.sleep(AWAY_S)
        server.start()
        return under_way.end()


def _kept(what: str, report: Report) -> list[Result]:
    """Return whether personalization never failed, and no acknowledged event is lost.

    Events may be refused with 503 and Retry-After, and in no other way; those that were
    acknowledged are duplicates when they are sent again.
    """
    refused = report.errors.get(f"{EVENTS}: status 503", 0)
    failed, stored = report.failed - refused, report.receipts["accepted"]
    return [
        Result(
            f"{what}: failures but {refused:,} times 503",
            f"{failed:,}",
            f"{report.every.requests:,} requests",
            failed,
            0.0,
            at_most=True,
        ),
        Result(
            f"{what}: events acknowledged, and there",
            f"{report.again['duplicate']:,}",
            f"{stored:,}",
            report.again["duplicate"] / stored,
            1.0,
        ),
    ]
