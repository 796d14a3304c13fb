"""How every part of the service is, in a word and a sentence."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from vitrine.catalogue.external import JOB, LONG_TERM_SENT, UP
from vitrine.catalogue.llm import LLM_BREAKER, LLM_BUDGET_LIMIT, LLM_BUDGET_SPENT
from vitrine.catalogue.metric import Metric
from vitrine.catalogue.metrics import (
    CACHE_BYTES,
    CACHE_ENTRIES,
    CACHE_HITS,
    CACHE_LIMIT,
    CACHE_MISSES,
    DB_CONNECTIONS,
    DB_LONGEST_TRANSACTION,
    DB_POOL_SIZE,
    DB_ROWS,
    DB_SIZE,
    JOBS_OLDEST,
    JOBS_WORKERS,
    LOG_DROPS,
    LOG_QUEUE,
)
from vitrine.catalogue.promql import max_by, rate, select, sum_of
from vitrine.console.given import Given, Present
from vitrine.console.outcome import Outcome, outcome
from vitrine.domain.breaker import BreakerState

SCRAPED = str(max_by(select(UP, job=JOB)))
SENT = str(sum_of(rate(select(LONG_TERM_SENT), "10m")))
LONG_TRANSACTION_S, WAITS_LONG_S = 60.0, 600.0


class Health(NamedTuple):
    """A part of the service; `tone` is good, warn, bad, or nothing where it is not in use."""

    part: str
    tone: str
    word: str
    says: str


async def health(given: Given) -> Sequence[Health]:
    """Return every part; what does not answer is one of its states."""
    now = given.clock() / 1_000
    ready, present, scraped, sent, silenced = await asyncio.gather(
        given.ready(),
        asyncio.to_thread(given.present),
        outcome(_value(given, SCRAPED, now)),
        outcome(_value(given, SENT, now)),
        outcome(given.silences.active()),
    )
    return [
        _database(ready, present),
        *_jobs(present),
        _cache(present),
        _prometheus(scraped),
        _long_term(sent),
        _alertmanager(silenced.problem),
        *_models(present),
        _log(present),
    ]


async def _value(given: Given, query: str, at: float) -> float | None:
    found = await given.series.at(query, at)
    return found[0].value if found else None


def _database(problem: str | None, present: Present) -> Health:
    if problem is not None:
        return Health("Database", "bad", "failing", problem)
    used, size = total(present, DB_CONNECTIONS), total(present, DB_POOL_SIZE)
    words = f"{used:.0f} of {size:.0f} connections in use, {most(present, DB_SIZE) / 1e6:,.1f} MB"
    if not _on_postgres(present):
        return Health("Database", "good", "works", words)
    longest = most(present, DB_LONGEST_TRANSACTION)
    tone = "warn" if longest > LONG_TRANSACTION_S else "good"
    words = f"PostgreSQL; {words}, the oldest transaction is open for {longest:,.0f} s"
    return Health("Database", tone, "works", words)


def _jobs(present: Present) -> Iterator[Health]:
    """Yield how the queue of jobs is, where there is one."""
    if not _on_postgres(present):
        return
    workers, oldest = most(present, JOBS_WORKERS), most(present, JOBS_OLDEST)
    if not workers:
        words = "nobody analyses, or deletes what is old: start `vitrine worker`"
        yield Health("Jobs", "bad", "no worker", words)
    elif oldest > WAITS_LONG_S:
        words = f"the oldest that is due waits for {oldest / 60:,.0f} min; {workers:.0f} live"
        yield Health("Jobs", "warn", "behind", words)
    else:
        yield Health("Jobs", "good", "works", f"workers that live: {workers:.0f}")


def _on_postgres(present: Present) -> bool:
    """Return whether a PostgreSQL has said how many rows its tables have; nobody else does."""
    return bool(present.get(DB_ROWS.name))


def _cache(present: Present) -> Health:
    hits, misses = total(present, CACHE_HITS), total(present, CACHE_MISSES)
    full = total(present, CACHE_BYTES) / (total(present, CACHE_LIMIT) or 1.0)
    found = f"{hits / (hits + misses):.0%} of look-ups hit since the start" if hits else "not asked"
    words = f"entries: {total(present, CACHE_ENTRIES):,.0f}, {full:.0%} full; {found}"
    return Health("Cache", "warn" if full > 0.9 else "good", "works", words)


def _prometheus(scraped: Outcome[float | None]) -> Health:
    if scraped.problem:
        return Health("Prometheus", "bad", "away", scraped.problem)
    if scraped.value is None:
        return Health("Prometheus", "warn", "waits", "it answers, and has not scraped us yet")
    if not scraped.value:
        return Health("Prometheus", "bad", "cannot scrape", "its last scrape of us failed")
    return Health("Prometheus", "good", "works", "its last scrape of us worked")


def _long_term(sent: Outcome[float | None]) -> Health:
    name = "Long-term store"
    if sent.problem:
        return Health(name, "", "unknown", "only Prometheus could tell")
    if sent.value is None:
        return Health(name, "", "not in use", "records are kept as long as Prometheus keeps them")
    if not sent.value:
        return Health(name, "bad", "takes nothing", "nothing was sent to it for 10 minutes")
    return Health(name, "good", "works", "takes what is recorded, for a year")


def _alertmanager(problem: str) -> Health:
    if problem:
        return Health("Alertmanager", "warn", "away", f"nobody is told of alerts: {problem}")
    return Health("Alertmanager", "good", "works", "alerts are passed on")


def _models(present: Present) -> Iterator[Health]:
    """Yield each model that is asked; without a key none is, and local rules answer."""
    standing = present.get(LLM_BREAKER.name, ())
    states = {one.labels[0]: one.labels[1] for one in standing if one.value}
    if not states:
        yield Health("Models", "", "not in use", "no key is set; local rules answer alone")
    for provider, state in sorted(states.items()):
        closed = state == BreakerState.CLOSED.value
        word = "works" if closed else f"breaker {state.replace('_', ' ')}"
        says = "asked where the local model is unsure" if closed else "left alone for a while"
        yield Health(f"Model: {provider}", "good" if closed else "warn", word, says)


def _log(present: Present) -> Health:
    dropped, waiting = total(present, LOG_DROPS), total(present, LOG_QUEUE)
    words = f"lines that wait: {waiting:,.0f}; dropped since the start: {dropped:,.0f}"
    return Health("Log", "warn" if dropped else "good", "works", words)


class Cost(NamedTuple):
    """What models have cost this UTC day, of what they may, in US dollars."""

    spent: float
    limit: float


def cost(present: Present) -> Cost:
    """Return the cost of today; each worker counts what all of them have spent."""
    return Cost(most(present, LLM_BUDGET_SPENT), most(present, LLM_BUDGET_LIMIT))


def total(present: Present, metric: Metric) -> float:
    """Return a metric's series added up."""
    return sum(one.value for one in present.get(metric.name, ()))


def most(present: Present, metric: Metric) -> float:
    """Return a metric's largest series."""
    return max((one.value for one in present.get(metric.name, ())), default=0.0)
