"""Reports on a real Prometheus that remembers thirty days, printed, written and mailed."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.live import FAKETIME, LiveService, vitrine
from tests.acceptance.mailbox import Mailbox, mail_server
from tests.acceptance.past import BLOCKS_GROW_BY, REQUESTS_A_DAY, remembering
from tests.acceptance.prometheus import PrometheusApi, wait_for
from vitrine.catalogue.dashboards import DASHBOARDS
from vitrine.domain.period import Period
from vitrine.operations.server import free_port


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrometheusApi]:
    with remembering(tmp_path_factory.mktemp("past") / "prometheus", time.time()) as api:
        yield api


def report(past: PrometheusApi, period: str, *options: str | Path) -> dict[str, Any]:
    """Return a report as data; a report with problems in it is a good one."""
    code, out, err = vitrine("report", period, "--prometheus", past.url, "--json", *options)
    assert code == 0, err
    found: dict[str, Any] = json.loads(out)
    return found


def by_name(section: dict[str, Any]) -> dict[str, Any]:
    return {figure["name"]: figure for figure in section["figures"]}


def test_a_weekly_report_has_traffic_alerts_and_a_forecast_of_the_disk(
    past: PrometheusApi,
) -> None:
    found = report(past, "weekly")
    assert len(found["headlines"]) == 5
    sections = found["sections"]
    traffic = by_name(sections["requests"])
    assert traffic["requests of visitors"]["now"] == pytest.approx(7 * REQUESTS_A_DAY, rel=0.02)
    assert traffic["requests of visitors"]["note"] == "covers 7.0 of 7 days"
    assert traffic["failed requests"]["now"] == pytest.approx(0.002, rel=0.02)
    assert traffic["failed requests"]["before"] == pytest.approx(0.002, rel=0.02)
    # 90 % are answered within 0.2 s and 97 % within 0.5 s: five sevenths of the way between.
    assert traffic["P95 of response time"]["now"] == pytest.approx(0.2 + 0.3 * 5 / 7, rel=0.01)
    fired = {row["alert"]: row for row in sections["alerts"]["tables"][0]["rows"]}
    assert fired["LowCacheHitRate"]["times"] == 6
    assert fired["LowCacheHitRate"]["in total"] == pytest.approx(6 * 180, abs=6 * 60)
    assert fired["DatabaseSlowQueries"]["times"] == 1
    assert fired["DatabaseSlowQueries"]["longest"] == pytest.approx(1_800, abs=60)
    assert any("`keep_firing_for: 10m`" in point["do"] for point in sections["alerts"]["points"])
    (tier,) = sections["disk"]["tables"][0]["rows"]
    assert tier["a day"] == pytest.approx(BLOCKS_GROW_BY, rel=0.02)
    assert "its own limit on" in tier["forecast"]
    soon = re.compile("prometheus reaches its own limit in [78] days")
    assert any(soon.match(one["text"]) for one in found["out_of_order"])
    assert by_name(sections["service"])["restarts"]["now"] == 1
    (provider,) = sections["models"]["tables"][0]["rows"]
    assert provider["calls"] == pytest.approx(700, rel=0.02)
    assert provider["failed"] == pytest.approx(0.1)


def test_a_quarterly_report_says_on_how_much_it_rests_and_what_nobody_used(
    past: PrometheusApi, tmp_path: Path
) -> None:
    html = tmp_path / "report.html"
    found = report(past, "quarterly", "--html", html)
    sections = found["sections"]
    assert by_name(sections["requests"])["requests of visitors"]["note"] == "covers 30.0 of 91 days"
    assert by_name(sections["requests"])["requests of visitors"]["before"] is None
    silent = {row["alert"]: row for row in sections["alerts"]["tables"][-1]["rows"]}
    assert "HighLatency" in silent
    assert "LowCacheHitRate" not in silent
    unused = [point["text"] for point in sections["dashboards"]["points"]]
    assert f"nobody opened {DASHBOARDS[-1].title} in the console" in unused
    assert any("Grafana's views: not known" in text for text in unused)
    assert sections["panels"]["tables"][0]["rows"]
    assert html.read_text().count("<svg") >= 4


def test_a_daily_report_is_short_and_without_colour_in_a_pipe(past: PrometheusApi) -> None:
    code, out, err = vitrine("report", "daily", "--prometheus", past.url)
    assert code == 0, err
    assert out.startswith("Daily report")
    assert "DatabaseSlowQueries fired once" in out
    assert "LowCacheHitRate" not in out
    assert "\x1b" not in out
    assert len(out.splitlines()) < 40


@contextmanager
def mailing(past: PrometheusApi) -> Iterator[tuple[Mailbox, dict[str, str]]]:
    """Give a mailbox, and the settings of a service whose reports go into it."""
    with mail_server() as mailbox:
        yield (
            mailbox,
            {
                "VITRINE_PROMETHEUS_URL": past.url,
                "ALERT_EMAIL_TO": "operator@example.org",
                "ALERT_EMAIL_FROM": "vitrine@example.org",
                "SMTP_HOST": "127.0.0.1",
                "SMTP_PORT": str(mailbox.port),
            },
        )


def test_a_report_is_mailed_by_the_settings_of_alerts(past: PrometheusApi) -> None:
    with mailing(past) as (mailbox, settings):
        code, out, err = vitrine("report", "daily", "--email", stdin=None, **settings)
    assert (code, out, err) == (0, "", "mailed to operator@example.org\n")
    (mail,) = mailbox.mails
    assert mail["To"] == "operator@example.org"
    assert mail["Subject"].startswith("Vitrine, daily report: ")
    text = mail.get_body(("plain",))
    assert text is not None
    assert "DatabaseSlowQueries fired once" in text.get_content()


def test_a_service_mails_a_report_by_itself_when_it_is_due(
    past: PrometheusApi, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    back_s = (now - Period.DAILY.last_due(now)).total_seconds() - 60
    with mailing(past) as (mailbox, settings):
        service = LiveService(
            tmp_path / "home",
            LD_PRELOAD=FAKETIME,
            FAKETIME=f"-{back_s:.0f}s",  # a minute past six
            FAKETIME_DONT_FAKE_MONOTONIC="1",
            VITRINE_REPORTS="daily",
            **settings,
        )
        wait_for(lambda: "Report mailed" in service.log.read_text(), "the report")
        service.kill()
    (mail,) = mailbox.mails
    assert mail["Subject"].startswith("Vitrine, daily report: ")


def test_reports_that_nobody_is_to_get_are_refused_in_one_line(tmp_path: Path) -> None:
    where = ("--home", tmp_path, "--port", str(free_port()))
    code, out, err = vitrine("serve", *where, VITRINE_REPORTS="daily", ALERT_EMAIL_TO="")
    assert (code, out) == (1, "")
    assert err.splitlines()[-1] == (
        "VITRINE_REPORTS: nobody is named to mail them to: set ALERT_EMAIL_TO"
    )


def test_a_server_that_offers_no_tls_gets_no_report_unless_it_is_this_machine(
    past: PrometheusApi,
) -> None:
    # It is this machine, by an address that nobody takes for it.
    with mail_server("127.0.0.2") as mailbox:
        settings = {
            "VITRINE_PROMETHEUS_URL": past.url,
            "ALERT_EMAIL_TO": "operator@example.org",
            "SMTP_HOST": "127.0.0.2",
            "SMTP_PORT": str(mailbox.port),
        }
        code, _, err = vitrine("report", "daily", "--email", stdin=None, **settings)
    assert code == 1
    assert f"127.0.0.2:{mailbox.port} did not take the report" in err
    assert mailbox.mails == []


def test_without_a_prometheus_there_is_one_clear_line() -> None:
    code, out, err = vitrine("report", "weekly", "--prometheus", f"http://127.0.0.1:{free_port()}")
    assert (code, out) == (1, "")
    assert err.startswith("nobody listens at http://127.0.0.1:")
    assert err.endswith("name a Prometheus with --prometheus\n")


@pytest.mark.parametrize("words", [["fortnightly"], ["daily", "--email"], ["--days", "none"]])
def test_a_wrong_call_is_one_line_and_code_2(words: list[str]) -> None:
    code, out, err = vitrine("report", *words)
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
