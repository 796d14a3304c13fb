"""`vitrine up` and `vitrine replay` without running anything: what they would do."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from vitrine.cli import main
from vitrine.cli.up import command
from vitrine.operations import prometheus, server, up
from vitrine.operations.prometheus import Prometheus
from vitrine.operations.replay import Replay
from vitrine.operations.up import Show

LINE = '192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 512\n'


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> list[Show]:
    """Give the list into which shows go that would have run."""
    plans: list[Show] = []

    async def keep(plan: Show) -> bool:
        plans.append(plan)
        return True

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


def vitrine(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words], prog_name="vitrine")


@pytest.mark.parametrize(
    ("option", "value"),
    [
        *(("--speed", value) for value in ("0", "-1", "nan", "fast")),
        *(("--for", value) for value in ("0", "-1", "nan", "inf", "long")),
        ("--log", "-"),
    ],
)
def test_a_wrong_value_is_one_line_and_code_2(
    planned: list[Show], tmp_path: Path, option: str, value: str
) -> None:
    result = vitrine("up", "--home", tmp_path / "home", option, value)
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert f"Invalid value for '{option}'" in line
    assert planned == []
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("option", "content", "said"),
    [
        ("--log", None, "cannot be read: no such file"),
        ("--log", "a\nb\n", "none of its 2 lines is in common or combined format"),
        ("--site", None, "is neither a file nor a shipped site"),
        ("--site", "", "begin with 'id: my-site'"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line_and_code_1(
    planned: list[Show], tmp_path: Path, option: str, content: str | None, said: str
) -> None:
    path = tmp_path / "file"
    if content is not None:
        path.write_text(content)
    result = vitrine("up", "--home", tmp_path / "home", option, path)
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert str(path) in line
    assert said in line
    assert planned == []
    assert not (tmp_path / "home").exists()


def test_a_replay_may_wait_for_nothing(planned: list[Show], tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    log.write_text("no log\n" + LINE)
    call("--home", tmp_path, "--log", log, "--speed", "max")
    assert (planned[0].log, planned[0].speed) == (str(log), math.inf)


def test_a_show_that_did_not_work_is_code_1(
    planned: list[Show], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(_plan: Show) -> bool:
        return False

    monkeypatch.setattr(up, "show", fail)
    assert vitrine("up", "--home", tmp_path).exit_code == 1


def test_a_replay_of_what_is_no_log_says_so_before_any_service_is_asked(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("a\n")
    result = vitrine("replay", path, "--url", "http://127.0.0.1:1")
    assert result.exit_code == 1
    assert result.stderr == f"{path}: none of its 1 lines is in common or combined format\n"


def test_a_replay_of_which_everything_is_refused_shows_its_receipt_and_is_code_1(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refused(self: Replay, *_: object, **__: object) -> None:
        self.receipt.tally.receipts["refused", "status 413"] = 3

    monkeypatch.setattr(Replay, "run", refused)
    path = tmp_path / "access.log"
    path.write_text(LINE)
    result = vitrine("replay", path, "--url", "http://service")
    assert result.exit_code == 1
    assert "refused status 413" in result.stdout
    assert result.stderr == "the service at http://service refused everything that was sent\n"
