"""`prometheus.yml`, read back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from vitrine.monitoring.prometheus import Listed, Scrape, prometheus_yml

SERVICE = Scrape("vitrine", "127.0.0.1:8000", Path("/srv/vitrine/metrics-token"))


def read(
    *scrapes: Scrape | Listed, every_s: int = 15, rules: tuple[str, ...] = ()
) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(prometheus_yml(scrapes, every_s, rules))
    return found


def test_the_guides_intervals_are_kept() -> None:
    assert read(SERVICE)["global"] == {
        "scrape_interval": "15s",
        "scrape_timeout": "10s",
        "evaluation_interval": "15s",
    }


@pytest.mark.parametrize("every_s", [1, 9, 10, 11, 60])
def test_a_scrape_is_given_up_before_the_next_one_is_due(every_s: int) -> None:
    times = read(SERVICE, every_s=every_s)["global"]
    assert times["scrape_interval"] == f"{every_s}s"
    assert int(times["scrape_timeout"].removesuffix("s")) <= min(10, every_s)


def test_several_workers_are_found_in_the_file_that_names_them() -> None:
    workers = Listed("vitrine", Path("/srv/vitrine/scrape-targets.json"), SERVICE.token_file)
    (job,) = read(workers)["scrape_configs"]
    assert job["file_sd_configs"] == [{"files": ["/srv/vitrine/scrape-targets.json"]}]
    assert job["authorization"]["credentials_file"] == "/srv/vitrine/metrics-token"
    assert "static_configs" not in job


def test_each_job_has_its_target_and_reads_its_token_from_a_file() -> None:
    other = Scrape("other", "[::1]:8001", Path("/srv/other/metrics-token"))
    assert read(SERVICE, other)["scrape_configs"] == [
        {
            "job_name": scrape.job,
            "authorization": {"type": "Bearer", "credentials_file": str(scrape.token_file)},
            "static_configs": [{"targets": [scrape.target]}],
        }
        for scrape in (SERVICE, other)
    ]


@given(st.from_regex(r"/[^\x00]+", fullmatch=True).filter(str.isprintable))
def test_any_path_of_a_token_is_read_back_as_it_was(path: str) -> None:
    written = read(Scrape("vitrine", "127.0.0.1:8000", Path(path)))["scrape_configs"][0]
    assert written["authorization"]["credentials_file"] == str(Path(path))


def test_the_rule_files_are_named() -> None:
    assert read(SERVICE, rules=("recording.yml", "alerts.yml"))["rule_files"] == [
        "recording.yml",
        "alerts.yml",
    ]


@pytest.mark.parametrize("heartbeat", [True, False])
def test_the_watchdog_is_sent_only_where_somebody_listens_for_it(heartbeat: bool) -> None:
    text = prometheus_yml([SERVICE], alertmanager="127.0.0.1:9093", heartbeat=heartbeat)
    alerting = yaml.safe_load(text)["alerting"]
    assert alerting["alertmanagers"] == [{"static_configs": [{"targets": ["127.0.0.1:9093"]}]}]
    dropped = [rule["regex"] for rule in alerting.get("alert_relabel_configs", ())]
    assert dropped == ([] if heartbeat else ["heartbeat"])
