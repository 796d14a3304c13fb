"""Where lines go besides, as the settings say; what can never work is told at the start."""

from __future__ import annotations

import sys

import pytest

from vitrine.settings import Settings, SettingsError
from vitrine.wiring.log import log_file_problem, standard_log

GROUP = {"cloudwatch_log_group": "/aws/portfolio/backend"}


def refusal(**given: str) -> str:
    with pytest.raises(SettingsError) as refused:
        standard_log(Settings.load(**GROUP, **given))
    return str(refused.value)


@pytest.fixture(autouse=True)
def _no_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)


def test_cloudwatch_without_a_region_is_refused() -> None:
    assert refusal() == "CLOUDWATCH_LOG_GROUP: cannot be used: You must specify a region."


def test_a_stream_that_cannot_be_named_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    said = refusal(cloudwatch_log_stream="{nonsense}")
    assert said == "CLOUDWATCH_LOG_STREAM: cannot be used: 'nonsense'"


def test_cloudwatch_without_its_library_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "vitrine.telemetry.logs.cloudwatch", raising=False)
    monkeypatch.delattr("vitrine.telemetry.logs.cloudwatch", raising=False)
    monkeypatch.setitem(sys.modules, "watchtower", None)
    assert refusal() == (
        "CLOUDWATCH_LOG_GROUP: watchtower is missing; pip install 'vitrine[cloudwatch]'"
    )


def test_without_a_setting_there_is_no_problem_and_an_empty_one_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert log_file_problem(Settings.load()) is None
    monkeypatch.setenv("LOG_DIR", "")
    assert Settings.load().log_dir is None
    monkeypatch.setenv("CLOUDWATCH_LOG_GROUP", "")
    assert Settings.load().cloudwatch_log_group is None
