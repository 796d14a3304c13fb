from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from vitrine.cli.simulate import command
from vitrine.domain.access_log import parse_line
from vitrine.operations import simulated_traffic, traffic
from vitrine.operations.traffic import Tally, TrafficError


@pytest.fixture(autouse=True)
def default_site(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("VITRINE_SITE", raising=False)


def test_visitors_are_printed_one_a_line() -> None:
    result = CliRunner().invoke(command, ["--visitors", "3"])
    assert result.exit_code == 0
    visitors = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(visitors) == 3
    for visitor in visitors:
        assert set(visitor) == {"kind", "style", "events"}
        assert visitor["events"][0]["user_pseudo_id"].startswith("simulated-1-")


def test_a_log_is_written_to_a_file(tmp_path: Path) -> None:
    log = tmp_path / "access.log"
    arguments = ["--format", "combined", "--lines", "40", "--output", str(log)]
    assert CliRunner().invoke(command, arguments).exit_code == 0
    lines = log.read_text().splitlines()
    assert len(lines) == 40
    assert sum(parse_line(line) is None for line in lines) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--forever"], "say where with --url"),
        (["--url", "http://x", "--format", "jsonl"], "leave out --format and --lines"),
        (["--lines", "9"], "add --format combined"),
        (["--format", "combined", "--visitors", "9"], "measured by --lines"),
        (["--url", "http://x", "--forever", "--visitors", "9"], "has no end"),
        (["--url", "localhost:8000"], "must begin with http"),
        (["--rate", "0", "--url", "http://x"], "--rate"),
    ],
)
def test_a_call_that_makes_no_sense_is_refused(arguments: list[str], said: str) -> None:
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stdout == ""


def test_a_site_that_is_not_there_is_one_line() -> None:
    result = CliRunner().invoke(command, ["--site", "nowhere.yaml"])
    assert result.exit_code == 1
    assert "nowhere.yaml" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_a_service_that_does_not_answer_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refused(url: str, *_: object, **__: object) -> Tally:
        raise TrafficError(f"no service answers at {url}: connection refused")

    monkeypatch.setattr(traffic, "send", refused)
    result = CliRunner().invoke(command, ["--url", "http://127.0.0.1:1"])
    assert result.exit_code == 1
    assert result.stderr.strip() == "no service answers at http://127.0.0.1:1: connection refused"


@pytest.mark.parametrize("stopped", [False, True])
def test_sending_ends_with_a_sum_also_when_it_is_stopped(
    monkeypatch: pytest.MonkeyPatch, stopped: bool
) -> None:
    async def sent(url: str, sendables: object, *, keep_trying: bool, told: traffic.Told) -> Tally:
        tally = Tally()
        tally.receipts.update({("accepted", None): 1_200, ("rejected", "bot"): 1})
        tally.retries = 2
        told(tally)
        if stopped:
            raise KeyboardInterrupt
        return tally

    monkeypatch.setattr(traffic, "send", sent)
    result = CliRunner().invoke(command, ["--url", "http://x"])
    assert result.exit_code == 0
    assert (
        result.stdout == "simulated events: 1,200 accepted, 1 rejected (bot); tried again 2 times\n"
    )


def test_without_end_means_no_number_of_visitors(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, object] = {}

    def scheduled(*_: object, **options: object) -> list[traffic.Sendable]:
        asked.update(options)
        return []

    monkeypatch.setattr(simulated_traffic, "schedule", scheduled)
    arguments = ["--url", "http://x", "--forever", "--rate", "3", "--speed", "20"]
    assert CliRunner().invoke(command, arguments).exit_code == 0
    assert asked == {"rate": 3.0, "speed": 20.0, "visitors": None}
