"""Overview, alerts, runbooks, logs and catalogue: what they say, also when others are away."""

from __future__ import annotations

import asyncio
import html
import json
import re
from collections.abc import Sequence
from typing import Any

import pytest

from tests.console import ConsoleParts, Person
from tests.service import NOON, Reply
from vitrine.catalogue.alerts import ALERTS
from vitrine.catalogue.llm import LLM_BREAKER, LLM_BUDGET_LIMIT, LLM_BUDGET_SPENT
from vitrine.catalogue.metrics import (
    CACHE_HITS,
    CACHE_MISSES,
    CATALOGUE,
    DB_ROWS,
    DB_SIZE,
    JOBS_OLDEST,
    JOBS_WORKERS,
    LOG_DROPS,
)
from vitrine.domain.breaker import BreakerState
from vitrine.operations.slo import Kind, Standing
from vitrine.signals import AlertSilenced, PersonalizationSwitched
from vitrine.usecases.log_search import KeptLine
from vitrine.usecases.monitoring_ports import ActiveAlert, MonitoringUnavailableError

AWAY = MonitoringUnavailableError("no Prometheus answers at http://127.0.0.1:9090: refused")
NAMES = frozenset(alert.name for alert in ALERTS)


def firing(name: str = "HighLatency", state: str = "firing", **labels: str) -> ActiveAlert:
    all_labels = {"alertname": name, "severity": "warning", **labels}
    return ActiveAlert(
        name, state, NOON - 600_000, 0.7, all_labels, "slow", "700 ms; 500 is the aim"
    )


@pytest.fixture
def parts() -> ConsoleParts:
    return ConsoleParts(alerts_known=NAMES)


@pytest.fixture
async def person(parts: ConsoleParts) -> Person:
    person = parts.person()
    await person.log_in()
    return person


def words(page: str) -> str:
    """Return what a person reads of a page."""
    plain = re.sub(r"<(script|style).*?</\1>|<[^>]+>", " ", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(plain))


async def shown(person: Person, path: str) -> str:
    reply = await person.get(path)
    assert reply.status == 200, path
    return words(reply.text)


# Overview


async def test_the_overview_says_where_the_promises_stand(
    parts: ConsoleParts, person: Person
) -> None:
    parts.stands = [
        Standing("a", Kind.RATIO, "95 % are quick", 0.95, "share", 0.991, 3.25, 0.42),
        Standing("b", Kind.RATIO, "99 % do not fail", 0.99, "share", 0.9, 30.0, -0.5),
        Standing("c", Kind.RATIO, "80 % hit", 0.8, "share", None, 0.0),
        Standing("d", Kind.LIMIT, "Quick on average", 0.2, "s", 0.25, 2.0, bad_minutes=3.0),
        Standing("e", Kind.LIMIT, "Nothing waits", 0.0, "waits", None, 0.0),
        Standing("f", Kind.TREND, "It warms up", None, "share", 0.9, 0.0, change=0.02),
    ]
    said = await shown(person, "/console")
    assert "95 % are quick 99.10 % 42 % 42 % 3.2 d" in said
    assert "99 % do not fail 90.00 % -50 % overspent by 50 % 30.0 d" in said
    assert "80 % hit no traffic no traffic 0.0 d" in said
    assert "Quick on average 250.0 ms 200.0 ms 3 2.0 d" in said
    assert "Nothing waits no traffic 0 waits no traffic 0.0 d" in said
    assert "It warms up: 90.00%, +2.0 points in an hour." in said
    assert "quiet No alert fires" in said


async def test_the_overview_names_what_fires_and_what_may_soon(
    parts: ConsoleParts, person: Person
) -> None:
    watchdog = firing("Watchdog")._replace(labels={"alertname": "W", "severity": "heartbeat"})
    parts.alerts.alerts = [firing(), firing("StoreFailing", "pending"), watchdog]
    said = await shown(person, "/console")
    assert "firing HighLatency 700 ms; 500 is the aim for 10 min" in said
    assert "Watchdog" not in said
    parts.alerts.alerts = [firing("StoreFailing", "pending")]
    assert "No alert fires; 1 may soon: StoreFailing" in await shown(person, "/console")


async def test_the_overview_stays_a_page_while_everybody_is_away(
    parts: ConsoleParts, person: Person
) -> None:
    parts.alerts.fails = parts.silences.fails = parts.series.fails = AWAY
    parts.problem = "the database does not take what it is given: disk full"
    said = await shown(person, "/console")
    assert said.count("Nothing can be said: no Prometheus answers") == 2
    assert "Database failing the database does not take what it is given: disk full" in said
    assert "Prometheus away no Prometheus answers" in said
    assert "Long-term store unknown" in said
    assert "Alertmanager away nobody is told of alerts" in said


async def test_the_overview_knows_every_part(parts: ConsoleParts, person: Person) -> None:
    registry = parts.registry
    registry[CACHE_HITS].inc("decision", by=9)
    registry[CACHE_MISSES].inc("decision")
    registry[LLM_BREAKER].set(1.0, "gemini", BreakerState.OPEN.value)
    registry[LLM_BREAKER].set(1.0, "deepseek", BreakerState.CLOSED.value)
    registry[LOG_DROPS].set(3, "INFO")
    registry[LLM_BUDGET_LIMIT].set(1.0)
    registry[LLM_BUDGET_SPENT].set(0.0123)
    parts.series.answering = lambda query: [({}, {NOON / 1_000: float("up" in query)})]
    said = await shown(person, "/console")
    assert "90% of look-ups hit since the start" in said
    assert "Prometheus works its last scrape of us worked" in said
    assert "Long-term store takes nothing" in said
    assert "Alertmanager works" in said
    assert "Model: gemini breaker open" in said
    assert "Model: deepseek works" in said
    assert "dropped since the start: 3" in said
    assert "$0.0123 of $1.00" in said


async def test_the_overview_knows_a_postgresql_and_its_jobs(
    parts: ConsoleParts, person: Person
) -> None:
    registry = parts.registry
    registry[DB_SIZE].set(12_300_000)
    said = await shown(person, "/console")
    assert "0 of 0 connections in use, 12.3 MB Cache" in said
    assert "Jobs" not in said, "an embedded database has no queue"
    registry[DB_ROWS].set(1, "events", "live")
    said = await shown(person, "/console")
    assert "PostgreSQL; 0 of 0 connections in use, 12.3 MB, the oldest transaction is" in said
    assert "Jobs no worker nobody analyses" in said
    registry[JOBS_WORKERS].set(2)
    assert "Jobs works workers that live: 2" in await shown(person, "/console")
    registry[JOBS_OLDEST].set(720)
    assert "Jobs behind the oldest that is due waits for 12 min; 2" in await shown(
        person, "/console"
    )


async def test_the_overview_tells_a_prometheus_that_cannot_scrape_from_one_that_has_not_yet(
    parts: ConsoleParts, person: Person
) -> None:
    assert "Prometheus waits" in await shown(person, "/console")
    assert "Models not in use" in await shown(person, "/console")
    parts.series.answering = lambda _query: [({}, {NOON / 1_000: 0.0})]
    assert "Prometheus cannot scrape" in await shown(person, "/console")


async def test_the_overview_lists_what_changed(parts: ConsoleParts, person: Person) -> None:
    assert "Nothing has changed since this home was made." in await shown(person, "/console")
    parts.journal.note(PersonalizationSwitched(False))
    parts.now += 120_000
    said = await shown(person, "/console")
    assert "2 min ago Personalization turned off everybody sees the default page" in said


# Alerts


async def test_alerts_show_their_state_since_when_and_what_to_read(
    parts: ConsoleParts, person: Person
) -> None:
    parts.alerts.alerts = [
        firing("LLMProviderError", provider="gemini"),
        firing("NoEvents", "pending"),
    ]
    page = (await person.get("/console/alerts")).text
    said = words(page)
    assert (
        f"1 firing, 1 pending, {len(NAMES) - 2} inactive." in said or "1 firing, 1 pending" in said
    )
    assert said.index("LLMProviderError") < said.index("NoEvents") < said.index("HighLatency")
    assert "700 ms; 500 is the aim since 2023-11-15 11:50:00, provider gemini" in said
    assert 'href="/console/runbooks/LLMProviderError"' in page
    assert "Everything is told that fires." in said


async def test_an_alert_is_silenced_and_told_again(parts: ConsoleParts, person: Person) -> None:
    parts.alerts.alerts = [firing()]
    done = await person.submit(
        "/console/alerts",
        "/console/alerts/silence",
        alert="HighLatency",
        minutes="240",
        comment="a planned <update>",
    )
    assert (done.status, done.headers["location"]) == (303, "/console/alerts")
    (silence,) = await parts.silences.active()
    assert silence.labels == {"alertname": "HighLatency"}
    assert silence.until_ms == NOON + 4 * 3_600_000
    page = await person.get("/console/alerts")
    assert "a planned &lt;update&gt;" in page.text
    assert "silenced" in words(page.text)
    ended = await person.submit(
        "/console/alerts", "/console/alerts/tell", silence=silence.id, alert="HighLatency"
    )
    assert ended.status == 303
    assert await parts.silences.active() == []
    assert parts.of(AlertSilenced) == [
        AlertSilenced("HighLatency", 240),
        AlertSilenced("HighLatency", 0),
    ]


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"alert": "Invented", "minutes": "60"}, 404),
        ({"alert": "HighLatency", "minutes": "1"}, 422),
        ({"alert": "HighLatency", "minutes": "60", "comment": "x" * 300}, 422),
        ({"alert": "HighLatency"}, 422),
    ],
)
async def test_a_silence_that_makes_no_sense_is_refused(
    parts: ConsoleParts, person: Person, form: dict[str, str], status: int
) -> None:
    done = await person.submit("/console/alerts", "/console/alerts/silence", **form)
    assert done.status == status
    assert await parts.silences.active() == []


async def test_without_an_alertmanager_the_page_says_what_that_means(
    parts: ConsoleParts, person: Person
) -> None:
    parts.silences.fails = MonitoringUnavailableError("no Alertmanager answers at http://x: no")
    page = (await person.get("/console/alerts")).text
    assert "Nobody is told of alerts, and none can be silenced: no Alertmanager answers" in words(
        page
    )
    assert "/console/alerts/silence" not in page
    form = {"alert": "HighLatency", "minutes": "60"}
    done = await person.submit("/console/alerts", "/console/alerts/silence", **form)
    assert done.status == 503
    assert "It could not be silenced: no Alertmanager answers" in words(done.text)
    assert parts.of(AlertSilenced) == []


async def test_without_prometheus_or_without_our_rules_the_states_are_not_made_up(
    parts: ConsoleParts, person: Person
) -> None:
    parts.alerts.fails = AWAY
    said = await shown(person, "/console/alerts")
    assert "The state of alerts is not known: no Prometheus answers" in said
    assert "inactive" not in said
    parts.alerts.fails, parts.alerts.names = None, frozenset()
    said = await shown(person, "/console/alerts")
    assert "that Prometheus does not evaluate: load the rules of deploy/prometheus/rules" in said


# Runbooks


async def test_a_runbook_is_read_without_a_login_and_says_all_that_is_declared() -> None:
    stranger = ConsoleParts().person()
    for alert in ALERTS:
        reply = await stranger.get(f"/runbooks/{alert.name}")
        assert reply.status == 200
        assert ">Log out<" not in reply.text
        said = words(reply.text)
        for text in (alert.runbook.means, alert.runbook.impact, *alert.runbook.steps):
            for piece in text.split("`"):
                assert re.sub(r"\s+", " ", piece).strip() in said
        queries = [re.sub(r"\s+", " ", str(look.query)) for look in alert.runbook.look]
        assert all(query in said for query in queries)


async def test_a_runbook_that_is_not_there_leads_to_those_that_are(person: Person) -> None:
    for path in ("/runbooks/Invented<b>", "/console/runbooks/Invented<b>"):
        reply = await person.get(path)
        assert reply.status == 404
        assert "There is no alert “Invented<b>”; these are all." in words(reply.text)
        assert "<b>”" not in reply.text
        prefix = path.rpartition("/")[0]
        assert all(f'href="{prefix}/{alert.name}"' in reply.text for alert in ALERTS)


async def test_inside_the_console_a_runbooks_queries_are_answered_now(
    parts: ConsoleParts, person: Person
) -> None:
    parts.series.answering = lambda _query: [({"endpoint": "/x"}, {NOON / 1_000: 0.25})]
    said = await shown(person, "/console/runbooks/HighLatency")
    assert "Now Series Value /x 0.25" in said
    assert "API Performance: Response time, 95th percentile" in said
    parts.series.fails = AWAY
    assert "Not asked now: no Prometheus answers" in await shown(
        person, "/console/runbooks/HighLatency"
    )


async def test_strangers_cannot_have_queries_asked(parts: ConsoleParts) -> None:
    stranger = parts.person()
    await stranger.get("/runbooks/HighLatency")
    assert parts.series.asked == []


# Logs


def put(parts: ConsoleParts, level: str = "INFO", **members: Any) -> None:
    body = {
        "timestamp": "2026-03-01T10:00:00.123Z",
        "level": level,
        "logger": "vitrine.http",
        "message": "Request finished",
        "module": "m",
        "function": "f",
        "line": 1,
        **members,
    }
    text = json.dumps(body).encode() + b"\n"
    parts.log.keep([(level, text)], len(text))


@pytest.fixture
def _followers_look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vitrine.console.logs.view.LOOK_EVERY_S", 0.01)


async def following(parts: ConsoleParts, person: Person, query: str = "") -> asyncio.Task[Reply]:
    """Return the task of somebody who follows the lines, and has looked at them once."""
    looked, after = asyncio.Event(), parts.log.after

    def look(number: int = 0) -> Sequence[KeptLine]:
        looked.set()
        return after(number)

    parts.log.after = look  # type: ignore[method-assign]
    person.client.stays = True
    stream = person.client.call("GET", "/console/logs/tail", query=query, cookie=person.cookie)
    task = asyncio.create_task(stream)
    async with asyncio.timeout(60):
        await looked.wait()
    return task


async def test_lines_are_shown_with_all_that_they_say(parts: ConsoleParts, person: Person) -> None:
    put(parts, request_id="ab" * 16, status=202, endpoint="/api/events")
    put(parts, "ERROR", message="<b>Failed</b>", exception="Traceback\nValueError")
    reply = await person.get("/console/logs")
    said = words(reply.text)
    assert "The last 2 lines of this process are kept here, since 2026-03-01 10:00:00 UTC." in said
    assert "Older ones are where standard output goes." in said
    assert "03-01 10:00:00.123 INFO Request finished status 202, endpoint /api/events" in said
    assert "&lt;b&gt;Failed&lt;/b&gt;" in reply.text
    assert "exception Traceback ValueError" in said
    assert f"/console/logs?request={'ab' * 16}" in reply.text


@pytest.mark.usefixtures("_followers_look_often")
async def test_of_several_workers_the_page_says_whose_lines_it_shows() -> None:
    parts = ConsoleParts(worker="2")
    put(parts, message="first")
    person = parts.person()
    await person.log_in()
    text = (await person.get("/console/logs")).text
    assert "The last 1 lines of worker 2 are kept here" in words(text)
    assert "after=2%3A1" in text
    put(parts, message="second")
    for mark, told in (("2:1", ["second"]), ("1:1", [])):
        task = await following(parts, person, f"after={mark}")
        parts.log.close()
        assert re.findall("first|second", (await task).text) == told
        parts.log.closed = False


async def test_a_search_is_kept_in_the_form_and_says_when_it_found_nothing(
    parts: ConsoleParts, person: Person
) -> None:
    put(parts)
    reply = await person.get("/console/logs?level=ERROR&text=a%22b&component=x&own=yes")
    assert "No line that is kept is like that." in words(reply.text)
    assert 'name="text" value="a&#34;b"' in reply.text
    assert '<option value="ERROR" selected>' in reply.text
    assert "tail?level=ERROR&amp;component=x&amp;text=a%22b&amp;own=yes&amp;after=1" in reply.text


async def test_without_any_line_the_page_says_so(person: Person) -> None:
    assert "No line has been written yet." in await shown(person, "/console/logs")


@pytest.mark.usefixtures("_followers_look_often")
async def test_new_lines_follow_as_events_until_the_program_ends(
    parts: ConsoleParts, person: Person
) -> None:
    put(parts, message="old")
    put(parts, message="new", level="WARNING")
    put(parts, message="console", endpoint="/console")
    parts.log.close()
    reply = await person.get("/console/logs/tail?after=1")
    assert reply.headers["content-type"].startswith("text/event-stream")
    assert "data" not in reply.text
    parts.log.closed = False
    task = await following(parts, person, "after=1")
    parts.log.close()
    reply = await task
    (data,) = re.findall(r"id: (\d+)\ndata: (.*)\n\n", reply.text)
    assert data[0] == "3"
    rows = json.loads(data[1])
    assert "new" in rows
    assert "old" not in rows
    assert "console" not in words(rows)


@pytest.mark.usefixtures("_followers_look_often")
async def test_a_stream_ends_with_its_session(parts: ConsoleParts, person: Person) -> None:
    task = await following(parts, person)
    await person.submit("/console", "/console/logout")
    async with asyncio.timeout(60):
        await task


# Catalogue


async def test_the_catalogue_has_every_metric_with_its_bound_and_series(person: Person) -> None:
    page = (await person.get("/console/catalogue")).text
    for metric in CATALOGUE:
        assert f'href="/console/catalogue/{metric.name}"' in page
    assert f"{len(CATALOGUE)} of {len(CATALOGUE)}" in page
    found = await shown(person, "/console/catalogue?name=CACHE_hits")
    assert "cache_hits_total" in found
    assert "db_queries_total" not in found
    assert "No metric is called or means “zork”." in await shown(
        person, "/console/catalogue?name=zork"
    )


async def test_each_metric_has_a_page_with_what_is_declared_of_it(person: Person) -> None:
    for metric in CATALOGUE:
        said = await shown(person, f"/console/catalogue/{metric.name}")
        assert metric.unit in said
        assert f"{metric.bound} at most" in said
        assert all(f"Label {label.name}" in said for label in metric.labels)


async def test_a_metrics_series_are_those_of_the_registry(
    parts: ConsoleParts, person: Person
) -> None:
    parts.registry[CACHE_HITS].inc("decision", by=1_234)
    said = await shown(person, "/console/catalogue/cache_hits_total")
    assert "key_pattern value decision 1234" in said
    assert "Cache Analytics: Hit rate trend" in said
    assert (await person.get("/console/catalogue/invented")).status == 404
