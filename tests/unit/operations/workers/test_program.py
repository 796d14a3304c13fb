"""A worker is of the version to which the link leads when it is started."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from vitrine.operations.workers.program import interpreter


@pytest.fixture
def versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a directory with two versions and a link to the first, whose program was called."""
    for version in ("0.1.0", "0.2.0"):
        programs = tmp_path / version / "bin"
        programs.mkdir(parents=True)
        for name in ("python", "vitrine"):
            (programs / name).touch()
    lead(tmp_path, "0.1.0")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "0.1.0/bin/python"))
    monkeypatch.setattr(sys, "argv", [str(tmp_path / "current/bin/vitrine")])
    return tmp_path


def lead(versions: Path, version: str) -> None:
    (versions / "current").unlink(missing_ok=True)
    (versions / "current").symlink_to(version)


def test_the_link_is_followed_anew_each_time_and_named_by_where_it_leads(versions: Path) -> None:
    named = interpreter()
    assert named() == str(versions / "0.1.0/bin/python")
    lead(versions, "0.2.0")
    assert named() == str(versions / "0.2.0/bin/python")


def test_a_python_that_was_called_by_the_link_is_followed_as_well(
    versions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(versions / "current/bin/python"))
    monkeypatch.setattr(sys, "argv", ["/elsewhere/vitrine/__main__.py"])
    named = interpreter()
    lead(versions, "0.2.0")
    assert named() == str(versions / "0.2.0/bin/python")


def test_where_the_link_leads_to_no_python_the_own_one_goes_on(versions: Path) -> None:
    named = interpreter()
    lead(versions, "0.3.0")
    assert named() == str(versions / "0.1.0/bin/python")


def test_a_program_in_a_place_of_others_starts_its_own_python(
    versions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As `/usr/local/bin/vitrine`, beside which there is a Python without it."""
    monkeypatch.setattr(sys, "argv", [str(versions / "0.2.0/bin/vitrine")])
    assert interpreter()() == str(versions / "0.1.0/bin/python")
