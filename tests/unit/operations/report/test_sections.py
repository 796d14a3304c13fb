from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.unit.operations.report.recorded import END, KNOWN_BEFORE, Recorded, Series, one, subject
from vitrine.catalogue.dashboards import DASHBOARDS
from vitrine.domain.period import Period
from vitrine.operations.report.alerts import alerts
from vitrine.operations.report.backups import backups
from vitrine.operations.report.boards import boards
from vitrine.operations.report.database import database
from vitrine.operations.report.disk import disk
from vitrine.operations.report.grafana_log import LogUnreadableError, opened
from vitrine.operations.report.models import models
from vitrine.operations.report.panels import panels
from vitrine.operations.report.period import DAY_S
from vitrine.operations.report.promises import promises
from vitrine.operations.report.section import Section
from vitrine.operations.report.series import series
from vitrine.operations.report.service import service
from vitrine.operations.report.subject import Subject
from vitrine.operations.report.traffic import traffic

MINUTES = "count_over_time("
BAD = "sum(increase(instance:objective_api_success_bad"
ALL = "sum(increase(instance:objective_api_success_total"
P95 = "histogram_quantile(0.95"


def test_failures_and_latency_are_held_against_their_objectives() -> None:
    now = {MINUTES: one(7 * 1_440.0), BAD: one(0.03), P95: one(0.7), ALL: one(5_000.0)}
    found = traffic(subject(Recorded(now)))
    assert [figure.name for figure in found.figures if figure.out_of_order] == [
        "failed requests",
        "P95 of response time",
    ]
    assert [point.text for point in found.out_of_order] == [
        "3.00% of the requests failed; the objective is 1%",
        "19 of 20 requests took up to 0.70 s; the objective is 0.5 s",
    ]
    assert found.figures[0].note == "covers 7.0 of 7 days"


def test_no_traffic_is_a_state_of_its_own() -> None:
    found = traffic(subject(Recorded({})))
    assert {figure.now for figure in found.figures} == {None}
    assert found.quiet == "no traffic, so there is nothing to judge"
    assert (found.points, found.plots) == ([], [])


def test_few_requests_are_judged_by_nothing() -> None:
    found = traffic(subject(Recorded({BAD: one(0.5), ALL: one(4.0)})))
    assert found.out_of_order == []
    assert "4 requests are too few" in found.points[-1].text


def test_a_period_is_compared_only_with_one_that_is_known() -> None:
    now = {BAD: one(0.002), P95: one(0.3), ALL: one(5_000.0)}
    before = {P95: one(0.1), ALL: one(4_000.0)}
    unknown = traffic(subject(Recorded(now, before)))
    assert {figure.before for figure in unknown.figures} == {None}
    known = traffic(subject(Recorded(now, KNOWN_BEFORE | before)))
    assert known.figures[0].before == 4_000
    assert known.out_of_order[0].text.startswith("the P95 has grown to 3.0 times")


def test_a_budget_on_less_than_a_day_is_neither_kept_nor_spent() -> None:
    share = {"[30d:1m]": one(0.01), "increase(": one(-2.0)}
    found = promises(subject(Recorded(share)))
    assert found.figures[0].now is None
    assert {row[2] for row in found.tables[0].rows} == {"too little data", "no traffic", ""}
    assert found.points == []


def test_an_overspent_budget_says_by_how_much_and_on_how_many_days() -> None:
    found = promises(subject(Recorded({"[30d:1m]": one(0.5), "increase(": one(-0.25)})))
    assert found.out_of_order[0].text.endswith("overspent by 25% (covers 15.0 of 30 days)")
    assert found.figures[0].out_of_order


def test_more_series_and_missed_evaluations_are_out_of_order() -> None:
    now = {"head_series": one(1_500.0), "iterations_missed": one(3.0, rule_group="/a.yml;ours")}
    data = {"status/tsdb": {"seriesCountByMetricName": [{"name": "up", "value": 3}]}}
    found = series(subject(Recorded(now, {"head_series": one(1_000.0)}, data=data)))
    assert [point.text for point in found.out_of_order] == [
        "there are 50% more series than a period ago",
        "ours was not evaluated 3 times",
    ]
    assert found.tables[0].rows == [("up", 3.0)]


def test_restarts_failures_and_dropped_lines_are_counted() -> None:
    now: dict[str, list[Series]] = {
        "changes(": one(2.0),
        "vitrine_failures": [({"of": "duty"}, 1.0), ({"of": "request"}, 0.0)],
        "log_dropped": one(1_200.0),
    }
    assert [point.text for point in service(subject(Recorded(now))).out_of_order] == [
        "the service started again 2 times",
        "duties failed unexpectedly once",
        "1,200 log lines were dropped",
    ]


def test_slow_statements_are_listed_and_very_slow_ones_out_of_order() -> None:
    now: dict[str, list[Series]] = {
        "worst": [({"fingerprint": "read"}, 2.0), ({"fingerprint": "write"}, 0.3)],
        "db_slow": [({"fingerprint": "write"}, 9.0), ({"fingerprint": "read"}, 1.0)],
    }
    found = database(subject(Recorded(now)))
    assert list(found.tables[0].rows) == [("write", 9.0, 0.3), ("read", 1.0, 2.0)]
    assert [point.text for point in found.out_of_order] == ["read was slow once, at worst 2.00 s"]


def test_models_are_held_against_their_budget_and_their_failures() -> None:
    now: dict[str, list[Series]] = {
        "llm_cost": one(6.5, provider="gemini"),
        "llm_requests": [
            ({"provider": "gemini", "status": "success"}, 90.0),
            ({"provider": "gemini", "status": "error"}, 10.0),
        ],
        "budget_limit": one(1.0),
    }
    found = models(subject(Recorded(now)))
    assert list(found.tables[0].rows) == [("gemini", 100.0, 0.1, 6.5)]
    assert [point.text for point in found.out_of_order] == [
        "10% of 100 calls of gemini failed",
        "models took 93% of what the budget allows",
    ]


def test_panels_without_series_are_told_from_those_without_traffic() -> None:
    found = panels(subject(Recorded({"{__name__=~": one(3.0)})))
    assert {row[2] for row in found.tables[0].rows} == {"nothing was counted in the last 5 minutes"}
    assert found.out_of_order == []
    lost = panels(subject(Recorded({})))
    assert lost.out_of_order[0].text.endswith("panels have none of their series")
    assert len(lost.tables[0].rows) == lost.figures[0].now


def test_panels_of_a_part_that_is_not_set_up_are_left_out() -> None:
    without = panels(subject(Recorded({})))
    assert "without PostgreSQL, which is not set up; without Redis" in without.figures[0].note
    assert not any("PostgreSQL" in str(row[1]) for row in without.tables[0].rows)
    assert any("Database size" in str(row[1]) for row in without.tables[0].rows)
    used = panels(subject(Recorded({"db_rows": one(3.0)})))
    assert used.figures[0].note.endswith("asked now; without Redis, which is not set up")
    assert any("PostgreSQL" in str(row[1]) for row in used.tables[0].rows)


VIEWS = {"console_dashboard_views": [({"dashboard": board.uid}, 2.0) for board in DASHBOARDS[1:]]}
COVERED = {MINUTES: one(28 * 1_440.0)}
UNUSED = [({"dashboard": DASHBOARDS[0].uid}, 0.0)]
REQUEST = (
    'logger=context userId=1 orgId=1 uname=admin t={at} level=info msg="Request Completed"'
    " method=GET path={path} status={status} remote_addr=127.0.0.1 time_ms=6 duration=6.1ms"
    ' size=9000 referer="http://127.0.0.1:3000/d/x?a=b c" handler=/api/dashboards/uid/:uid\n'
)


def line(path: str, at: str = "2026-09-20T10:00:00.123456789Z", status: int = 200) -> str:
    return REQUEST.format(path=path, at=at, status=status)


def test_grafanas_log_counts_dashboards_that_were_read_in_the_period(tmp_path: Path) -> None:
    log = tmp_path / "grafana.log"
    new = "/apis/dashboard.grafana.app/v1beta1/namespaces/default/dashboards/vitrine-llm/dto"
    log.write_text(
        line("/api/dashboards/uid/vitrine-api")
        + line("/api/dashboards/uid/vitrine-api", "2026-09-20T12:00:00+02:00")
        + line(new)
        + line("/api/dashboards/uid/vitrine-api", "2026-01-01T10:00:00Z")
        + line("/api/dashboards/uid/gone", status=404)
        + line("/api/search")
        + 't=nonsense msg="Request Completed" method=GET path=/api/dashboards/uid/x status=200\n'
        + "no logfmt at all\n"
    )
    found = opened(log, END - 7 * DAY_S, END)
    assert found == {"vitrine-api": 2, "vitrine-llm": 1}


def test_a_log_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(LogUnreadableError, match=r"absent\.log: No such file"):
        opened(tmp_path / "absent.log", 0, END)


def test_a_dashboard_is_unused_when_nobody_opened_it_in_the_console_or_in_grafana(
    tmp_path: Path,
) -> None:
    views = COVERED | {"console_dashboard_views": [*VIEWS["console_dashboard_views"], *UNUSED]}
    unknown = boards(subject(Recorded(views), Period.QUARTERLY))
    title = DASHBOARDS[0].title
    assert [one.text for one in unknown.out_of_order] == [f"nobody opened {title} in the console"]
    assert any("Grafana's views: not known" in one.text for one in unknown.points)
    log = tmp_path / "grafana.log"
    log.write_text(line(f"/api/dashboards/uid/{DASHBOARDS[0].uid}"))
    assert boards(subject(Recorded(views), Period.QUARTERLY, log)).out_of_order == []


def test_nothing_is_called_unused_before_four_weeks_are_known() -> None:
    young: dict[str, list[Series]] = {MINUTES: one(3.0), "console_dashboard_views": [*UNUSED]}
    found = boards(subject(Recorded(young), Period.QUARTERLY))
    assert found.out_of_order == []
    assert found.quiet == "not judged: covers 0.0 of 91 days"


def test_views_that_nobody_counted_are_not_known_and_not_none() -> None:
    found = boards(subject(Recorded({}), Period.QUARTERLY))
    assert found.out_of_order == []
    assert {row[1] for row in found.tables[0].rows} == {None}


@pytest.mark.parametrize("section", [alerts, boards, database, disk, models, series, service])
def test_a_section_of_which_nothing_is_known_has_no_0_and_no_good_news(
    section: Callable[[Subject], Section],
) -> None:
    data: dict[str, Any] = {"rules": {"groups": []}, "status/tsdb": {"seriesCountByMetricName": []}}
    found = section(subject(Recorded({}, data=data)))
    assert {figure.now for figure in found.figures} <= {None}
    known = ("none fired", "opened", "no model was asked", "no statement", "as before", "nothing")
    assert not found.quiet.startswith(known)


def test_the_age_of_a_backup_is_that_of_the_newest_verified_one(tmp_path: Path) -> None:
    assert backups(subject(Recorded({}))).figures[0].now is None
    assert (
        "holds no verified backup"
        in backups(subject(Recorded({}), backups=tmp_path)).out_of_order[0].text
    )
    for name, age in (("a.tar.gz", 5), ("b.tar.gz.age", 3), ("c.tar.gz.unverified", 1)):
        file = tmp_path / f"vitrine-backup-{name}"
        file.touch()
        os.utime(file, (END - age * DAY_S,) * 2)
    found = backups(subject(Recorded({}), backups=tmp_path))
    assert found.figures[0].now == 3 * DAY_S
    assert found.out_of_order[0].text == "the last verified backup is 3 d old"
