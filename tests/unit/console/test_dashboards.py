"""Dashboards by the declarations: addresses, queries, and the same panels as Grafana's."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Sequence
from typing import Any

import pytest
from promql_parser import parse

from tests.console import ConsoleParts, Person
from tests.panels import panels_of
from tests.series import Points
from vitrine.catalogue.dashboard import Dashboard, Panel
from vitrine.catalogue.dashboards import DASHBOARDS
from vitrine.console.dashboards.answers import text
from vitrine.console.dashboards.marks import FIRING
from vitrine.console.dashboards.period import LAST, MOST_POINTS, Period, period
from vitrine.console.dashboards.selection import (
    INSTANCE,
    JOB,
    PROVIDER,
    Selection,
    filled,
    selection,
)
from vitrine.console.dashboards.state import SAID, State
from vitrine.monitoring.grafana import dashboard_json
from vitrine.signals import DashboardViewed
from vitrine.usecases.monitoring_ports import (
    Labels,
    MonitoringUnavailableError,
    QuestionRefusedError,
)

NOON_MS = 1_700_049_600_000
NOON = NOON_MS // 1_000
HOUR = Period(NOON - 3_600, NOON, "1h")
PANELS = [
    (board, number, panel) for board in DASHBOARDS for number, panel in enumerate(board.panels)
]


@pytest.mark.parametrize(
    ("board", "number", "panel"), PANELS, ids=[f"{b.title}: {p.title}" for b, _, p in PANELS]
)
def test_a_panel_has_the_queries_unit_and_thresholds_of_grafanas(
    board: Dashboard, number: int, panel: Panel
) -> None:
    theirs = panels_of(dashboard_json(board))[number]
    assert theirs["title"] == panel.title
    assert [target["expr"] for target in theirs["targets"]] == [text(q) for q in panel.queries]
    assert [target["instant"] for target in theirs["targets"]] == [q.instant for q in panel.queries]
    assert theirs["fieldConfig"]["defaults"]["unit"] == panel.unit.value
    steps = theirs["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert [(s["value"], s["color"]) for s in steps] == [
        (t.value, t.colour.value) for t in panel.thresholds
    ]


def test_variables_and_marks_are_those_of_grafana() -> None:
    for board in DASHBOARDS:
        theirs = dashboard_json(board)
        asked = {one["name"]: one.get("definition", "") for one in theirs["templating"]["list"]}
        for variable in (JOB, INSTANCE, PROVIDER):
            expected = f"label_values({variable.selector}, {variable.name})"
            assert asked.get(variable.name, expected) == expected
        assert ("provider" in asked) == board.provider
        assert theirs["annotations"]["list"][0]["expr"] == FIRING


HOSTILE = [
    '"} or vector(1) or up{job="',
    "a\\",
    "$provider",
    "x.*|.+",
    "back`tick and space",
    "${job}",
    "ümläut",
    "127.0.0.1:8000",
]


@pytest.mark.parametrize("chosen", HOSTILE)
def test_what_is_chosen_stands_for_itself_and_can_be_nothing_else(chosen: str) -> None:
    queries = [text(query) for _, _, panel in PANELS for query in panel.queries]
    for query in {query for query in queries if "$job" in query}:
        asked = filled(query, Selection(job=chosen, instance=chosen, provider=chosen), HOUR)
        parse(asked)
        plain = filled(query, Selection(), HOUR)
        assert _without_strings(asked) == _without_strings(plain)
        (job, *_) = re.findall(r'job=~"((?:[^"\\]|\\.)*)"', asked)
        pattern = re.sub(r"\\(.)", r"\1", job)
        assert re.fullmatch(pattern, chosen)
        assert not re.fullmatch(pattern, chosen + "x")


def _without_strings(query: str) -> str:
    return re.sub(r'"(?:[^"\\]|\\.)*"', '""', query)


def test_every_query_is_valid_with_every_variable_at_all() -> None:
    for _, _, panel in PANELS:
        for query in panel.queries:
            asked = filled(text(query), Selection(), HOUR)
            assert "$" not in asked
            parse(asked)


def test_no_choice_is_all_of_them_and_nonsense_is_no_choice() -> None:
    assert selection({}) == Selection("", "", "")
    assert selection({"job": "a\x00b", "instance": "x" * 300, "provider": "gemini"}) == Selection(
        provider="gemini"
    )
    query = 'up{job=~"$job",x="$__range",y="$__rate_interval"}'
    assert filled(query, Selection(), HOUR) == 'up{job=~".+",x="3600s",y="60s"}'
    assert filled(query, Selection("a.b"), HOUR, 120) == (r'up{job=~"a\\.b",x="3600s",y="120s"}')


@pytest.mark.parametrize("last", LAST)
def test_a_period_has_some_hundred_points_and_rates_over_four_scrapes(last: str) -> None:
    found = period(f"now-{last}", "now", NOON_MS)
    assert (found.end, found.last, found.length) == (NOON, last, LAST[last])
    assert 100 <= found.grid.points <= MOST_POINTS + 1
    assert found.grid.start % found.step == 0
    assert found.rate_interval >= max(60, found.step)
    assert found.query == {"from": f"now-{last}", "to": "now"}


def test_an_absolute_period_is_kept_and_moved() -> None:
    found = period(str(NOON_MS - 600_000), str(NOON_MS), NOON_MS + 9_999)
    assert found == Period(NOON - 600, NOON)
    assert found.moved(-1) == Period(NOON - 1_200, NOON - 600)
    assert found.query == {"from": str(NOON_MS - 600_000), "to": str(NOON_MS)}


@pytest.mark.parametrize(
    ("since", "until"),
    [
        ("", ""),
        ("now-1000y", "now"),
        ("yesterday", "now"),
        ("5", "4"),
        (str(NOON_MS), str(NOON_MS)),
        ("0", str(NOON_MS)),
        ("9" * 40, "9" * 41),
        ("-1", "2"),
    ],
)
def test_a_period_that_is_none_is_the_last_hour(since: str, until: str) -> None:
    assert period(since, until, NOON_MS) == HOUR


@pytest.fixture
def parts() -> ConsoleParts:
    return ConsoleParts(now=NOON_MS)


@pytest.fixture
async def person(parts: ConsoleParts) -> Person:
    person = parts.person()
    await person.log_in()
    return person


async def test_the_list_names_every_dashboard_and_each_has_its_panels(person: Person) -> None:
    page = (await person.get("/console/dashboards")).text
    for board in DASHBOARDS:
        assert f'href="/console/dashboards/{board.uid}"' in page
        shown = (await person.get(f"/console/dashboards/{board.uid}")).text
        titles = re.findall(r'<h2 id="title-\d+">(.*?)</h2>', shown)
        assert titles == [panel.title for panel in board.panels]
        for panel in board.panels:
            assert all(f"/console/runbooks/{alert}" in shown for alert in panel.alerts)


async def test_links_to_other_dashboards_keep_time_and_variables(person: Person) -> None:
    page = await person.get(
        "/console/dashboards/vitrine-api?from=now-6h&to=now&instance=a%22b&refresh=10"
    )
    kept = "from=now-6h&amp;to=now&amp;instance=a%22b&amp;refresh=10"
    assert f'href="/console/dashboards/vitrine-llm?{kept}"' in page.text
    assert f'data-source="/console/dashboards/vitrine-api/data?{kept}"' in page.text
    assert "<option selected>a&#34;b</option>" in page.text
    assert 'data-refresh="10"' in page.text
    assert '<option value="now-6h" selected>' in page.text


async def test_opening_a_dashboard_is_counted_and_its_own_refreshes_are_not(
    parts: ConsoleParts, person: Person
) -> None:
    await person.get("/console/dashboards/vitrine-api")
    await _data(person)
    await person.get("/console/dashboards/nope")
    assert parts.of(DashboardViewed) == [DashboardViewed("vitrine-api")]


async def test_an_unknown_dashboard_is_not_there(person: Person) -> None:
    for path in ("/console/dashboards/nope", "/console/dashboards/nope/data"):
        reply = await person.get(path)
        assert reply.status == 404
        assert "There is no dashboard &#39;nope&#39;" in reply.text


async def _data(person: Person, uid: str = "vitrine-api", query: str = "") -> dict[str, Any]:
    found: dict[str, Any] = (await person.get(f"/console/dashboards/{uid}/data?{query}")).json
    return found


async def test_only_declared_queries_reach_prometheus(parts: ConsoleParts, person: Person) -> None:
    await _data(person, query="query=up&expr=up&job=x&from=now-1h")
    declared = {
        filled(text(query), Selection(job="x"), HOUR)
        for _, _, panel in PANELS
        for query in panel.queries
    }
    own = {FIRING, *(filled(v.selector, Selection(job="x"), HOUR) for v in (JOB, INSTANCE))}
    asked = {query for query in parts.series.asked if not query.startswith("count by (__name__)")}
    assert asked
    assert asked - {one.partition("{")[0] for one in own} <= declared | own


def _states(found: dict[str, Any]) -> set[str | None]:
    return {panel["state"] for panel in found["panels"]}


async def test_nothing_measured_at_all_is_no_data(parts: ConsoleParts, person: Person) -> None:
    found = await _data(person)
    assert _states(found) == {State.NO_DATA}
    assert SAID[State.NO_DATA] in str(found["panels"])
    assert found["problem"] == ""


async def test_series_that_stand_still_are_no_traffic(parts: ConsoleParts, person: Person) -> None:
    def answering(query: str) -> Sequence[tuple[Labels, Points]]:
        if not query.startswith("count by (__name__)"):
            return ()
        names = re.findall(r"\w+(?=[|\"])", query.partition("__name__=~")[2])
        return [({"__name__": name}, {NOON: 1.0}) for name in names]

    parts.series.answering = answering
    found = await _data(person)
    assert _states(found) == {State.NO_TRAFFIC}
    assert "No traffic." in str(found["panels"])


async def test_without_prometheus_every_panel_and_the_page_say_so(
    parts: ConsoleParts, person: Person
) -> None:
    parts.series.fails = MonitoringUnavailableError("no Prometheus answers at http://x: refused")
    found = await _data(person)
    assert _states(found) == {State.NO_PROMETHEUS}
    assert found["problem"] == "no Prometheus answers at http://x: refused"


async def test_a_query_that_is_refused_breaks_its_own_panel_alone(
    parts: ConsoleParts, person: Person
) -> None:
    def answering(query: str) -> Sequence[tuple[Labels, Points]]:
        if "api_requests_in_flight" in query:
            raise QuestionRefusedError("query processing would load too many samples")
        return [({"endpoint": "/x", "le": "0.1"}, {NOON - 60: 1.0, NOON: 2.0})]

    parts.series.answering = answering
    panels = (await _data(person))["panels"]
    assert [panel["state"] for panel in panels] == [*[None] * 8, State.REFUSED]
    assert "too many samples" in panels[-1]["html"]


async def test_alerts_that_fired_are_told_with_their_time(
    parts: ConsoleParts, person: Person
) -> None:
    labels = {"alertname": "HighLatency", "severity": "warning"}
    fired: Points = {NOON - at: 1.0 for at in range(3_000, 2_399, -60)}
    parts.series.answering = lambda query: [(labels, fired)] if query == FIRING else ()
    found = await _data(person)
    (mark,) = found["marks"]
    assert mark["alert"] == "HighLatency"
    assert mark["start"] == NOON - 3_000
    assert NOON - 2_400 <= mark["end"] < NOON - 2_400 + 300
    assert 'href="/console/runbooks/HighLatency"' in str(found["marks_html"])


async def test_the_values_of_variables_are_offered(parts: ConsoleParts, person: Person) -> None:
    series: dict[str, list[tuple[Labels, Points]]] = {
        "vitrine_build_info": [({"job": "vitrine", "instance": "a:1"}, {NOON: 1.0})],
        "llm_requests_total": [({"provider": "gemini"}, {NOON: 1.0})],
    }
    parts.series.series = series
    found = await _data(person, "vitrine-llm")
    assert found["offered"] == {"job": ["vitrine"], "instance": ["a:1"], "provider": ["gemini"]}
    assert (await _data(person))["offered"] == {"job": ["vitrine"], "instance": ["a:1"]}


async def test_much_data_is_zipped(person: Person) -> None:
    reply = await person.get("/console/dashboards/vitrine-api/data", accept_encoding="gzip")
    assert reply.headers["content-encoding"] == "gzip"
    assert len(json.loads(gzip.decompress(reply.body))["panels"]) == 9


async def test_what_names_a_series_never_becomes_markup(
    parts: ConsoleParts, person: Person
) -> None:
    hostile = "<script>alert(1)</script>"
    parts.series.answering = lambda _query: [({"endpoint": hostile}, {NOON: 1.0})]
    panels = (await _data(person))["panels"]
    for panel in panels:
        assert hostile not in panel["html"]
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in panels[0]["html"]
