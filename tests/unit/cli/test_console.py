"""Who sees the console's password, and who only where it is."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from vitrine.cli.console import introduce, password_line
from vitrine.settings import Settings


def test_a_terminal_sees_the_password_and_others_where_it_is(tmp_path: Path) -> None:
    settings = Settings.load(home=tmp_path)
    kept = tmp_path / "admin-password"
    assert password_line(settings, shown=False) == f"in {kept}"
    password = kept.read_text()
    assert re.fullmatch(r"(?:[a-z2-9]{5}-){3}[a-z2-9]{5}", password)
    assert kept.stat().st_mode & 0o777 == 0o600
    assert password_line(settings, shown=True) == f"{password} (kept in {kept})"


def test_a_password_of_the_owners_own_is_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VITRINE_ADMIN_PASSWORD", "chosen by the owner")
    line = password_line(Settings.load(home=tmp_path), shown=True)
    assert line == "as VITRINE_ADMIN_PASSWORD says"
    assert not (tmp_path / "admin-password").exists()


@pytest.mark.parametrize("terminal", [True, False])
def test_only_a_terminal_is_told_where_a_service_has_its_console(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    terminal: bool,
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)
    introduce(Settings.load(home=tmp_path), "::1", 8000)
    said = capsys.readouterr()
    assert said.out == ""
    assert ("http://[::1]:8000/console" in said.err) is terminal
    assert bool(said.err) is terminal


@pytest.mark.parametrize("url", ["sqlite:///vitrine.db", "postgresql://db.example/vitrine"])
def test_on_postgresql_a_terminal_is_told_that_somebody_else_does_the_jobs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], url: str
) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("DATABASE_URL", url)
    introduce(Settings.load(home=tmp_path), "127.0.0.1", 8000)
    assert ("vitrine worker" in capsys.readouterr().err) is url.startswith("postgresql")
