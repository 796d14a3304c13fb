"""`vitrine up` without running anything: what it would start."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from vitrine.cli.up import command
from vitrine.operations import prometheus, server, up
from vitrine.operations.prometheus import Prometheus
from vitrine.operations.up import Show


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> list[Show]:
    """Give the list into which shows go that would have run."""
    plans: list[Show] = []

    async def keep(plan: Show) -> None:
        plans.append(plan)

    monkeypatch.setattr(up, "show", keep)
    monkeypatch.setattr(server, "claim", lambda *_: None)
    monkeypatch.setattr(prometheus, "find_prometheus", lambda: Path("/somewhere/prometheus"))
    monkeypatch.delenv("VITRINE_METRICS_TOKEN", raising=False)
    return plans


def call(*words: str | Path) -> None:
    done = CliRunner().invoke(command, [str(word) for word in words])
    assert done.exit_code == 0, done.output


def test_the_prometheus_that_is_there_knows_the_token_of_the_shows_own_home(
    planned: list[Show], tmp_path: Path
) -> None:
    call("--home", tmp_path, "--prometheus-port", "9190")
    home = tmp_path / "simulated"
    token = (home / "metrics-token").read_text()
    assert planned[0].home == home
    assert planned[0].prometheus == Prometheus(
        Path("/somewhere/prometheus"), home / "prometheus", 9190, token
    )


def test_a_token_that_the_owner_has_set_is_used(
    planned: list[Show], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VITRINE_METRICS_TOKEN", "a token set by the owner")
    call("--home", tmp_path)
    found = planned[0].prometheus
    assert isinstance(found, Prometheus)
    assert found.token == "a token set by the owner"


def test_without_a_prometheus_the_table_says_what_to_install(
    planned: list[Show], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prometheus, "find_prometheus", lambda: None)
    call("--home", tmp_path)
    assert planned[0].prometheus == "not installed: apt-get install prometheus"


def test_it_can_be_left_out(planned: list[Show], tmp_path: Path) -> None:
    call("--home", tmp_path, "--no-prometheus")
    assert planned[0].prometheus == "left out, as asked"


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "127.0.0.1:8123"),
        ("0.0.0.0", "127.0.0.1:8123"),
        ("::", "127.0.0.1:8123"),
        ("::1", "[::1]:8123"),
    ],
)
def test_the_service_is_reached_from_this_machine(
    planned: list[Show], tmp_path: Path, host: str, address: str
) -> None:
    call("--home", tmp_path, "--host", host, "--port", "8123")
    assert planned[0].address == address
    assert planned[0].url == f"http://{address}"
