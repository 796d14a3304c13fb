"""The doctor beside a whole stack: silent where nothing is wrong, and each damage found."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.acceptance.examined import (
    Process,
    Program,
    Stack,
    holds,
    listening,
    other_configuration,
)
from tests.acceptance.grafana import grafana
from tests.acceptance.live import LiveService, vitrine
from tests.acceptance.mailbox import mail_server
from tests.acceptance.prometheus import INSTALL, wait_for
from tests.redis_server import running_redis
from vitrine.cli import main
from vitrine.monitoring.alertmanager import Email, Notifications, Slack
from vitrine.monitoring.grafana.dashboard import DATASOURCE_UID
from vitrine.monitoring.links import Links
from vitrine.operations.alertmanager import MISSING, Alertmanager, Secrets, find_alertmanager
from vitrine.operations.doctor import clocks, exposure
from vitrine.operations.models_server import ModelsServer
from vitrine.operations.prometheus import LongTerm, Prometheus, find_prometheus
from vitrine.operations.server import free_port

SLACK, PASSWORD = "hush-of-slack", "hush-of-grafana"
REDIS_PASSWORD = "hush-of-redis"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Give a stack in which nothing is wrong; whoever damages it mends it."""
    place = tmp_path_factory.mktemp("doctor")
    prometheus, alertmanager = find_prometheus(), find_alertmanager()
    assert prometheus is not None, INSTALL
    assert alertmanager is not None, MISSING
    with ExitStack() as ending:
        service = LiveService(place / "home")
        ending.callback(service.end)
        (service.home / "grafana-admin-password").touch(mode=0o600)
        (service.home / "grafana-admin-password").write_text(PASSWORD)
        pages, mailbox = ending.enter_context(listening()), ending.enter_context(mail_server())
        pages.answers["/runbooks/Watchdog"] = (200, "read me")
        told = Notifications(
            Slack(Path("unset"), "#alerts"),
            Email("owner@example.com", "vitrine@example.com", "127.0.0.1", mailbox.port),
            (f"{pages.url}/heartbeat",),
        )
        token = (service.home / "metrics-token").read_text()
        first = Prometheus(prometheus, place / "prometheus", free_port(), token)
        store = LongTerm(prometheus, place / "long-term", free_port())
        webhook = Secrets(slack_webhook=f"{pages.url}/{SLACK}")
        beside = Alertmanager(alertmanager, place / "am", free_port(), told, webhook)
        store.configure()
        beside.configure()
        first.configure(
            f"127.0.0.1:{service.port}",
            beside.address,
            every_s=1,
            links=Links(pages.url),
            long_term=store.address,
        )
        programs: dict[str, Program] = {
            "long-term": store,
            "alertmanager": beside,
            "prometheus": first,
        }
        processes = {}
        for name, program in programs.items():
            processes[name] = Process(program, place / f"{name}.log")
            ending.callback(processes[name].end)
        seen = ending.enter_context(grafana(PASSWORD))
        redis = ending.enter_context(running_redis(place / "redis", password=REDIS_PASSWORD))
        models = ending.enter_context(ModelsServer())
        found = Stack(service, programs, processes, seen, pages, redis, models)
        alerts = f"{beside.url}/api/v2/alerts"
        wait_for(lambda: "Watchdog" in processes["prometheus"].api.page(alerts).text, "watchdog")
        beaten = 'alertmanager_notifications_total{integration="webhook"} > 0'
        wait_for(lambda: processes["prometheus"].api.query(beaten), "a heartbeat that is counted")
        found.finds({})
        yield found


def test_where_nothing_is_wrong_every_part_is_said_to_be_fine_and_no_secret(stack: Stack) -> None:
    shown: list[str] = []

    def look() -> None:
        code, out, err = vitrine(*stack.words(), stdin=None, **stack.env)
        assert (code, err) == (0, ""), out
        shown[:] = out.splitlines()

    holds(look)
    lines = shown
    assert {line.split()[0] for line in lines} == {"ok"}
    for said in (
        "each can be used",
        "portfolio in ",
        "vitrine.db is whole",
        "it is at schema",
        "it takes what it is given",
        "visits are kept for 395 days",
        "without the token, a proxy is answered 401",
        "the home's token opens it",
        "of the catalogue, and no other",
        "version 2.",
        "gemini: gemini-3.1-flash-lite takes the key and is offered",
        "that of gemini-3.1-flash-lite of gemini is known",
        "up, and scraped of late: alertmanager, long-term, prometheus, vitrine",
        "Prometheus keeps 2w, at most 10.7 GB",
        "the service has our time",
        "Prometheus has our time",
        "GB are free where",
        "what the database grows by is known after a day",
        "that are declared are loaded",
        f"at {stack.redis.place} takes what it is given",
        "full, it forgets (allkeys-lru)",
        "long-term takes what is recorded",
        "people (email, slack); heartbeat (webhook)",
        "Prometheus tells 1 Alertmanager of alerts",
        "messages of the last 10m were not taken",
        "it fires in Prometheus and has reached Alertmanager",
        "1 of 1 alerts that fire have one that opens",
        "all 1 end some day",
        f"{DATASOURCE_UID} reaches Prometheus",
        "admin / admin is refused",
    ):
        assert [line for line in lines if said in line], said
    secrets = [path.read_text() for path in stack.service.home.iterdir() if "token" in path.name]
    assert not [secret for secret in (*secrets, "hush") if secret in "\n".join(lines)]


def test_grafana_that_everybody_can_enter_fails(stack: Stack) -> None:
    (stack.service.home / "grafana-admin-password").write_text("admin")
    stack.grafana.password, stack.grafana.expiration = "admin", None
    stack.grafana.source_health = None
    try:
        missing = f"there is none with the uid {DATASOURCE_UID}, which every dashboard asks"
        stack.finds(
            {
                "tokens": ["problem: never end: ci of deploy"],
                "data source": [f"problem: {missing}"],
                "default password": [f"problem: admin / admin opens {stack.grafana.url}"],
            }
        )
    finally:
        (stack.service.home / "grafana-admin-password").write_text(PASSWORD)
        stack.grafana.password, stack.grafana.expiration = PASSWORD, "2030-01-01T00:00:00Z"
        stack.grafana.source_health = "OK"


def test_grafana_is_asked_for_the_default_password_once(stack: Stack) -> None:
    def asks_once() -> None:
        stack.grafana.tried.clear()
        stack.found()
        assert stack.grafana.tried.count("admin:admin") == 1
        assert stack.grafana.tried[-1] == "admin:admin"

    def is_kept_out() -> None:
        (said,) = stack.found()["grafana"]
        assert said.startswith("warning: the password in the home does not open it")

    holds(asks_once)
    stack.grafana.password = "another"
    try:
        holds(is_kept_out)
    finally:
        stack.grafana.password = PASSWORD


def test_a_redis_that_is_away_fails(stack: Stack) -> None:
    stack.redis.kill()
    try:
        holds(lambda: takes_nothing(stack))
    finally:
        stack.redis.start()


def takes_nothing(stack: Stack) -> None:
    (said,) = stack.found()["redis"]
    assert said.startswith(f"problem: {stack.redis.place} does not take what it is given")
    assert REDIS_PASSWORD not in said


def test_a_redis_that_refuses_when_full_is_a_warning(stack: Stack) -> None:
    with stack.redis.client as client:
        client.config_set("maxmemory-policy", "noeviction")
        try:
            stack.finds({"redis": ["warning: full, it refuses everything instead of forgetting"]})
            client.config_set("maxmemory", "1")
            holds(lambda: takes_nothing(stack))
        finally:
            client.config_set("maxmemory", "16mb")
            client.config_set("maxmemory-policy", "allkeys-lru")


@pytest.mark.parametrize(
    ("env", "said", "do"),
    [
        ({"VITRINE_SITE": "no-such-site"}, "site: no-such-site: is neither", "vitrine check"),
        ({"GEMINI_MODEL": "gone"}, "models: gemini: gone cannot be asked", "set GEMINI_MODEL"),
        ({"LOG_LEVEL": "foo"}, "settings: LOG_LEVEL: ", "docs/reference/settings.md"),
    ],
)
def test_a_setting_that_cannot_work_is_a_problem(
    stack: Stack, env: dict[str, str], said: str, do: str
) -> None:
    def look() -> None:
        (found,) = (one for one in stack.checks(**env) if one["level"] != "ok")
        assert found["level"] == "problem"
        assert f"{found['check']}: {found['found']}".startswith(said)
        assert do in found["do"]

    holds(look)


def test_warnings_alone_end_with_a_code_of_their_own_where_that_is_asked_for(stack: Stack) -> None:
    def look() -> None:
        without_a_price = {"GEMINI_MODEL": "local"}
        assert set(stack.found(**without_a_price)) == {"prices"}
        done = stack.run("--strict", **without_a_price)
        assert (done.exit_code, json.loads(done.stdout)["worst"]) == (3, "warning")

    holds(look)


def test_a_machine_whose_clock_is_off_is_found(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clocks, "now", lambda: time.time() + 3_600)

    def look() -> None:
        service, prometheus = stack.found()["clocks"]
        assert re.fullmatch(r"problem: the service is 3,60\d s behind this machine", service)
        assert prometheus.startswith("problem: Prometheus is 3,60")

    holds(look)


def test_a_runbook_that_does_not_open_fails(stack: Stack) -> None:
    found = stack.pages.answers.pop("/runbooks/Watchdog")
    try:
        address = f"{stack.pages.url}/runbooks/Watchdog"
        stack.finds({"runbooks": [f"problem: {address} answers 404"]})
    finally:
        stack.pages.answers["/runbooks/Watchdog"] = found


def test_stale_rules_fail(stack: Stack) -> None:
    def older(content: Any) -> None:
        rules = content["groups"][0]["rules"]
        assert rules.pop(0)["alert"] == "HighLatency"
        rules[0]["expr"] = "vector(1) > 2"

    def look() -> None:
        assert stack.found()["rules"] == [
            "problem: stale, not loaded: HighLatency",
            "problem: stale, loaded in another form: DatabaseSlowQueries",
        ]

    rules = stack.programs["prometheus"].home / "alerts.yml"
    with other_configuration(stack.processes["prometheus"], rules, older):
        holds(look)


def test_an_alertmanager_that_tells_nobody_fails(stack: Stack) -> None:
    def silenced(content: Any) -> None:
        people, heartbeat = content["receivers"]
        people["email_configs"][0]["send_resolved"] = False
        del people["slack_configs"][0]["send_resolved"]
        del heartbeat["webhook_configs"]
        del content["route"]["routes"]

    def look() -> None:
        found = stack.found()
        assert found["receivers"] == [
            "problem: tells nobody: heartbeat",
            "problem: never says that an alert is over: slack of people, email of people",
        ]
        assert found["watchdog"][0] == "problem: it has no route: people hears of it like of alerts"

    file = stack.programs["alertmanager"].home / "alertmanager.yml"
    with other_configuration(stack.processes["alertmanager"], file, silenced):
        holds(look)


def test_a_prometheus_that_tells_no_alertmanager_fails(stack: Stack) -> None:
    def look() -> None:
        assert stack.found()["delivery"] == ["problem: Prometheus tells no Alertmanager of alerts"]

    file = stack.programs["prometheus"].home / "prometheus.yml"
    with other_configuration(
        stack.processes["prometheus"], file, lambda content: content.pop("alerting")
    ):
        holds(look)
    stack.finds({})


def test_a_service_that_shows_its_metrics_to_everybody_fails(stack: Stack) -> None:
    answers = {
        "/health": (200, {"status": "ok", "version": "0.0.9", "site": "portfolio"}),
        "/ready": (503, {"detail": "the disk is full"}),
        "/metrics": (200, "api_requests_total 1"),
    }

    def look() -> None:
        found = stack.found("--url", stack.pages.url)
        assert found["service"] == ["warning: version 0.0.9 runs, this is 0.1.0"]
        assert "the disk is full" in found["ready"][0]
        opens = f"problem: {stack.pages.url}/metrics opens to everybody who comes through a proxy"
        assert found["metrics"][0] == opens
        assert found["metrics"][1].startswith("problem: the page cannot be read: ")

    stack.pages.answers |= answers
    try:
        holds(look)
    finally:
        for path in answers:
            del stack.pages.answers[path]


def test_another_home_than_the_services_is_noticed(stack: Stack, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir(mode=0o700)
    (tmp_path / "other" / "metrics-token").touch(mode=0o600)
    (tmp_path / "other" / "metrics-token").write_text("another-token-of-another-home")

    def look() -> None:
        found = stack.found("--home", str(tmp_path / "other"))
        assert "this service has another home" in found["metrics"][0]
        assert found["grafana"][0].startswith("absent: ")

    holds(look)


def test_an_admin_api_that_others_reach_fails(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exposure, "own_addresses", lambda: ["127.0.0.1"])
    stack.finds({"admin API": ["problem: whoever reaches 127.0.0.1 may delete series"]})


def test_parts_that_are_not_there_are_absent_unless_their_address_was_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = vitrine("doctor", "--home", tmp_path / "no", "--url", "http://127.0.0.1:1")
    assert (code, err) == (1, "")
    levels = {line.split()[1]: line.split()[0] for line in out.splitlines()}
    assert levels["home"] == levels["service"] == "problem"
    named = ["--prometheus", "http://127.0.0.1:1", "--alertmanager", "http://127.0.0.1:1"]
    words = ["doctor", "--home", str(tmp_path), "--url", "http://127.0.0.1:1", *named]
    done = CliRunner().invoke(main, [*words, "--grafana", "http://127.0.0.1:1"])
    levels = {line.split()[1]: line.split()[0] for line in done.stdout.splitlines()}
    assert {levels[name] for name in ("prometheus", "alertmanager", "grafana")} == {"problem"}


def test_a_store_that_takes_nothing_fails(stack: Stack) -> None:
    """The last one, because the store stays away."""
    stack.processes["long-term"].end()

    def look() -> None:
        found = stack.found()
        (store,), (target,) = found["long-term store"], found["targets"]
        assert store.startswith("problem: ")
        assert target.startswith("problem: long-term at ")

    holds(look)
