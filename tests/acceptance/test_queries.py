"""Every query of every panel, rule and runbook answers from a real Prometheus."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, NamedTuple

import httpx
import pytest

from tests.acceptance.live import LiveService, vitrine
from tests.acceptance.prometheus import (
    INSTALL,
    LivePrometheus,
    running,
    wait_for,
    wait_for_none,
)
from tests.acceptance.test_model_service import glance, recruiters, settings
from tests.acceptance.test_postgres import SECRET, Worker
from tests.acceptance.visitors import view, visitors
from tests.postgres import PostgresServer
from tests.redis_server import running_redis
from vitrine.catalogue.alerts import ALERTS
from vitrine.catalogue.dashboards import DASHBOARDS
from vitrine.catalogue.groups import all_recorded
from vitrine.catalogue.promql import Expression, Style, select
from vitrine.catalogue.promql.expression import Binary
from vitrine.monitoring.prometheus import LONG_TERM, PROMETHEUS, WORKER, Scrape, prometheus_yml
from vitrine.monitoring.rules import Pace, rule_files
from vitrine.operations.models_server import Behaviour, ModelsServer
from vitrine.operations.prometheus import LongTerm, find_prometheus
from vitrine.operations.server import free_port

SKILLS = ("python", "pytorch", "sql", "react", "git", "docker", "mlops", "teaching", "nodejs")
CALM_S = 0.5
"""Visitors come so often once there is data: the processor is for the queries."""
TICKS_A_KIND = 20
"""Visitors of one kind before the next: models are asked about a new kind again and again."""
ALL = {
    "$__rate_interval": "10s",
    "$step": "10s",
    "$__range": "2m",
    "$job": ".+",
    "$instance": ".+",
}


class Asked(NamedTuple):
    where: str
    query: str
    labels: frozenset[str]
    series: int = 1

    def __str__(self) -> str:
        return self.where


def with_all(query: str) -> str:
    """Return a dashboard's query with each variable at “all”."""
    for variable, value in {**ALL, "$provider": ".+"}.items():
        query = query.replace(variable, value)
    return query


def tiers(expression: Expression) -> tuple[Expression, ...]:
    """Return a panel's expression; one that lasts, as it was scraped and as it was recorded."""
    if isinstance(expression, Binary) and expression.operator == "or":
        return expression.parts()
    return (expression,)


PANELS = [
    Asked(
        f"{board.title}: {panel.title} {query.column}".strip(),
        with_all(asked.render(Style(grafana=True))),
        asked.labels,
        panel.series if query is panel.queries[0] else 1,
    )
    for board in DASHBOARDS
    for panel in board.panels
    for query in panel.queries
    for asked in (query.expression, *tiers(query.expression))
]
RULES = [
    Asked(rule.name, str(asked), asked.labels)
    for rule in all_recorded()
    for asked in (select(rule, **dict(rule.labels)),)
]
RUNBOOKS = [
    Asked(f"{alert.name}: {look.shows}", str(look.query), look.query.labels)
    for alert in ALERTS
    for look in alert.runbook.look
]


def everything(client: httpx.Client, number: int) -> None:
    """Touch whatever a panel shows: new visitors, decided ones, unsure ones, rejected events."""
    view(client, number)
    kind = number // TICKS_A_KIND
    for skill in (SKILLS[kind % len(SKILLS)], SKILLS[kind // len(SKILLS) % len(SKILLS)]):
        client.post("/api/events", json=glance(f"glancing-{number}", skill))
    client.post("/api/events", json={"event_name": "nonsense"})
    download = {"event_name": "download_resume", "user_pseudo_id": f"recruiter-{number}"}
    client.post("/api/events", json=download)
    client.get("/api/personalization", params={"user_id": f"recruiter-{number}"})


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivePrometheus]:
    """Give a Prometheus with our rules that watches a busy service whose first model fails.

    It stands on a PostgreSQL and a Redis, so that there is something of everything.
    """
    root = tmp_path_factory.mktemp("queries")
    with ExitStack() as ending:
        models = ending.enter_context(ModelsServer(recruiters))
        models.behave("gemini", Behaviour.PROSE)
        redis = ending.enter_context(running_redis(root / "redis"))
        database = PostgresServer("fsync=off", "shared_preload_libraries=pg_stat_statements")
        ending.callback(database.remove)
        url = database.database()
        database.sql("CREATE EXTENSION pg_stat_statements", url.rpartition("/")[2])
        shared = {**settings(models), "DATABASE_URL": url, "VITRINE_SECRET": SECRET}
        service = LiveService(root / "home", **shared, REDIS_URL=redis.url)
        worker = Worker(root / "worker", **shared)
        ending.callback(worker.kill)
        for name, text in rule_files(Pace(own=False)).items():
            (root / name).write_text(text)
        scrape = Scrape("vitrine", f"127.0.0.1:{service.port}", service.home / "metrics-token")
        work = Scrape(WORKER, f"127.0.0.1:{worker.port}", worker.home / "metrics-token")
        rules = [str(root / name) for name in rule_files()]
        binary = find_prometheus()
        assert binary is not None, INSTALL
        store = LongTerm(binary, root / "long-term", free_port())
        store.configure()
        port = free_port()
        tiers = (Scrape(PROMETHEUS, f"127.0.0.1:{port}"), Scrape(LONG_TERM, store.address))
        configuration = prometheus_yml([scrape, work, *tiers], 1, rules, long_term=store.address)
        try:
            with running(store, root / "long-term.log"):
                prometheus = LivePrometheus(root / "prometheus", configuration, port)
                try:
                    with visitors(service, everything):
                        prometheus.data("objective:deepseek_latency_bad:ratio_rate3d")
                    with visitors(service, everything, CALM_S):
                        yield prometheus
                finally:
                    prometheus.end()
        finally:
            service.end()


@pytest.mark.parametrize("asked", [*PANELS, *RULES, *RUNBOOKS], ids=str)
def test_a_query_answers_with_data_and_the_labels_promised(
    watched: LivePrometheus, asked: Asked
) -> None:
    def found() -> bool:
        finite = [one for one in watched.query(asked.query) if math.isfinite(one.value)]
        return len(finite) >= asked.series

    wait_for(found, f"{asked.series} series of {asked.query}")
    for sample in watched.query(asked.query):
        assert set(sample.labels) - {"__name__"} == asked.labels


def unhealthy(watched: LivePrometheus) -> list[dict[str, Any]]:
    """Return rules that cannot be evaluated, or were not yet."""
    groups = watched.get("rules")["groups"]
    return [rule for group in groups for rule in group["rules"] if rule["health"] != "ok"]


def test_every_rule_is_healthy_and_none_stands_on_a_variable(watched: LivePrometheus) -> None:
    groups = watched.get("rules")["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert len(rules) == len(ALERTS) + len(list(all_recorded()))
    wait_for_none(lambda: unhealthy(watched), "rule that is not healthy")
    for rule in rules:
        assert not re.search(r"\$(__|job|instance|provider)", rule["query"])


def test_the_command_shows_where_each_objective_stands(watched: LivePrometheus) -> None:
    code, out, err = vitrine("slo", "--url", watched.url, "--json")
    assert code == 0, err
    found = {one["id"]: one for one in json.loads(out)}
    assert found["api_success"]["now"] == 1.0
    assert found["api_success"]["budget_left"] == pytest.approx(1.0)
    assert 0 <= found["api_success"]["days"] < 1
    code, out, err = vitrine("slo", "--url", watched.url)
    assert code == 0, err
    assert "of the budget left" in out
    assert "of 30 days" in out


def test_a_prometheus_that_is_not_there_is_one_clear_line() -> None:
    code, out, err = vitrine("slo", "--url", f"http://127.0.0.1:{free_port()}")
    assert (code, out) == (1, "")
    assert "no answer of a Prometheus" in err
    assert "name one with --url" in err


def test_the_watchdog_fires(watched: LivePrometheus) -> None:
    assert watched.data('ALERTS{alertname="Watchdog",alertstate="firing"}')
