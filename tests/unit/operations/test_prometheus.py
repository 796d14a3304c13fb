"""The Prometheus of this machine: found, configured, and where its pages are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from vitrine.operations import prometheus
from vitrine.operations.prometheus import LongTerm, Prometheus, find_prometheus


@pytest.fixture
def beside(tmp_path: Path) -> Prometheus:
    return Prometheus(tmp_path / "bin" / "prometheus", tmp_path / "prometheus", 9090, "the token")


def program(directory: Path) -> Path:
    directory.mkdir()
    made = directory / "prometheus"
    made.touch(mode=0o755)
    return made


def test_a_program_on_the_path_comes_before_debians(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, debians = program(tmp_path / "own"), program(tmp_path / "debian")
    monkeypatch.setattr(prometheus, "DEBIAN_BINARY", debians)
    monkeypatch.setenv("PATH", str(own.parent))
    assert find_prometheus() == own
    own.unlink()
    assert find_prometheus() == debians
    debians.unlink()
    assert find_prometheus() is None


def test_the_configuration_scrapes_the_service_with_its_token(beside: Prometheus) -> None:
    beside.configure("127.0.0.1:8000")
    written = yaml.safe_load((beside.home / "prometheus.yml").read_text())
    scrape, itself = written["scrape_configs"]
    assert itself["static_configs"] == [{"targets": [beside.address]}]
    assert "remote_write" not in written
    assert scrape["static_configs"] == [{"targets": ["127.0.0.1:8000"]}]
    token = Path(scrape["authorization"]["credentials_file"])
    assert token.is_absolute()
    assert token.read_text() == "the token"
    assert token.stat().st_mode & 0o777 == 0o600


def test_records_alone_go_to_the_long_term_store_which_is_read_and_watched(
    beside: Prometheus,
) -> None:
    beside.configure("127.0.0.1:8000", long_term="127.0.0.1:9091")
    written = yaml.safe_load((beside.home / "prometheus.yml").read_text())
    assert [scrape["job_name"] for scrape in written["scrape_configs"]] == [
        "vitrine",
        "prometheus",
        "long-term",
    ]
    (write,), (read,) = written["remote_write"], written["remote_read"]
    assert write["url"] == "http://127.0.0.1:9091/api/v1/write"
    assert read["url"] == "http://127.0.0.1:9091/api/v1/read"
    (kept,) = write["write_relabel_configs"]
    assert (kept["action"], kept["source_labels"]) == ("keep", ["__name__"])
    assert re.fullmatch(kept["regex"], "objective:api_success_bad:ratio_rate1h")
    assert not re.fullmatch(kept["regex"], "api_requests_total")


def test_the_long_term_store_keeps_a_year_and_takes_what_is_sent(tmp_path: Path) -> None:
    store = LongTerm(tmp_path / "bin" / "prometheus", tmp_path / "long-term", 9091)
    store.configure()
    command = store.command()
    assert "--storage.tsdb.retention.time=1y" in command
    assert "--web.enable-remote-write-receiver" in command
    assert "--web.listen-address=127.0.0.1:9091" in command
    assert "scrape_configs" not in yaml.safe_load((store.home / "prometheus.yml").read_text())


def test_a_changed_token_replaces_the_one_before(beside: Prometheus) -> None:
    beside.configure("127.0.0.1:8000")
    Prometheus(beside.binary, beside.home, beside.port, "new").configure("127.0.0.1:8000")
    assert (beside.home / "metrics-token").read_text() == "new"


def test_it_listens_on_loopback_and_keeps_all_data_in_its_home(beside: Prometheus) -> None:
    binary, *options = beside.command()
    assert binary == str(beside.binary)
    assert options == [
        f"--config.file={beside.home}/prometheus.yml",
        f"--storage.tsdb.path={beside.home}/data",
        "--storage.tsdb.retention.time=14d",
        "--storage.tsdb.retention.size=10GB",
        "--web.listen-address=127.0.0.1:9090",
        "--web.enable-admin-api",
        "--storage.remote.flush-deadline=5s",
        "--enable-feature=exemplar-storage",
    ]


def test_debians_package_shows_its_classic_pages(
    beside: Prometheus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prometheus, "DEBIAN_BINARY", beside.binary)
    monkeypatch.setattr(prometheus, "DEBIAN_PAGES", tmp_path)
    assert beside.page == "http://127.0.0.1:9090/classic/graph"


def test_a_program_from_elsewhere_shows_its_own_pages(beside: Prometheus) -> None:
    assert beside.page == "http://127.0.0.1:9090/graph"


def test_the_token_is_not_printed(beside: Prometheus) -> None:
    assert "the token" not in repr(beside)


def test_without_a_listener_the_watchdog_stays_at_home(beside: Prometheus) -> None:
    beside.configure("127.0.0.1:8000", "127.0.0.1:9093", heartbeat=False)
    alerting = yaml.safe_load((beside.home / "prometheus.yml").read_text())["alerting"]
    assert [rule["regex"] for rule in alerting["alert_relabel_configs"]] == ["heartbeat"]


def test_several_workers_are_scraped_one_by_one_and_never_joined(
    beside: Prometheus, tmp_path: Path
) -> None:
    beside.configure(tmp_path / "scrape-targets.json")
    written = yaml.safe_load((tmp_path / "prometheus" / "prometheus.yml").read_text())
    service = written["scrape_configs"][0]
    assert service["job_name"] == "vitrine"
    assert service["file_sd_configs"] == [{"files": [str(tmp_path / "scrape-targets.json")]}]
    assert "static_configs" not in service
