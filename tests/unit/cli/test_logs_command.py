"""Whom `vitrine logs --user` finds, and with what."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner

from vitrine.adapters.database.log_keys import SqlLogKeys
from vitrine.adapters.database.sqlite.condition import schema_of
from vitrine.cli import main
from vitrine.domain.pseudonym import Pseudonyms, WeekPseudonyms
from vitrine.settings import Settings
from vitrine.usecases.log_pseudonyms import week_of
from vitrine.wiring.home import now_ms, open_home

KEY = "sixteen bytes or more"
ADA = Pseudonyms(KEY.encode(), "portfolio").claimed("ada")
FIRST, SECOND, OVER = (bytes([number]) * 32 for number in range(3))
STRANGER = "e" * 32


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Give a home with the keys of three weeks, the first of which has long been over."""
    for field in Settings.model_fields.values():
        monkeypatch.delenv(str(field.alias), raising=False)
    monkeypatch.chdir(tmp_path)
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    (home / "secret").write_text(KEY)

    async def fill() -> None:
        opened = open_home(Settings.load(home=home))
        keys, week = SqlLogKeys(opened.database), week_of(now_ms())
        for ago, key in ((20, OVER), (1, FIRST), (0, SECOND)):
            await keys.keep(week - ago, key)
        await opened.close()

    asyncio.run(fill())
    return home


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Give a log with a line for each week, one that names nobody, and one of another visitor."""
    named = [WeekPseudonyms(key).of(ADA) for key in (OVER, FIRST, SECOND)]
    log = tmp_path / "service.log"
    log.write_text("".join(map(line, [*named, None, STRANGER])))
    return log


def line(user_id: str | None) -> str:
    own = {"timestamp": "2026-03-01T10:00:00.000Z", "level": "INFO", "logger": "vitrine"}
    return (
        json.dumps({**own, "message": "Segmentation completed for user", "user_id": user_id}) + "\n"
    )


def found(who: str, log: Path, home: Path) -> tuple[int, list[str], str]:
    words = ["logs", "--json", "--user", who, "--home", str(home), str(log)]
    result = CliRunner().invoke(main, words, prog_name="vitrine")
    return result.exit_code, result.stdout.splitlines(keepends=True), result.stderr


def test_a_visitor_is_found_under_each_key_that_is_kept_by_id_and_by_pseudonym(
    home: Path, log: Path
) -> None:
    lines = [line(WeekPseudonyms(key).of(ADA)) for key in (FIRST, SECOND)]
    assert found("ada", log, home) == (0, lines, "")
    assert found(ADA, log, home) == (0, lines, "")


def test_what_stands_in_a_line_finds_the_lines_of_its_week(home: Path, log: Path) -> None:
    word = WeekPseudonyms(SECOND).of(ADA)
    assert found(word, log, home) == (0, [line(word)], "")


def test_without_the_database_a_line_finds_its_like_and_an_id_finds_what_is_missing(
    home: Path, log: Path
) -> None:
    (home / "vitrine.db").unlink()
    assert found(STRANGER, log, home) == (0, [line(STRANGER)], "")
    code, lines, said = found("ada", log, home)
    assert (code, lines) == (1, [])
    assert said.startswith(f"{home / 'vitrine.db'}: cannot be read")
    assert said.count("\n") == 1
    assert not (home / "vitrine.db").exists()


def test_where_postgresql_is_away_a_line_finds_its_like(
    home: Path, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:1/vitrine")
    assert found(STRANGER, log, home) == (0, [line(STRANGER)], "")
    code, lines, said = found("ada", log, home)
    assert (code, lines) == (1, [])
    assert said.startswith("the database of DATABASE_URL: cannot be read (")


def test_a_database_of_an_earlier_version_is_read_as_it_is(home: Path, log: Path) -> None:
    with closing(sqlite3.connect(home / "vitrine.db")) as database, database:
        database.execute("DROP TABLE log_keys")
        database.execute("UPDATE alembic_version SET version_num = '0001'")
    assert found(STRANGER, log, home) == (0, [line(STRANGER)], "")
    code, _, said = found("ada", log, home)
    assert code == 1
    assert said.startswith(f"{home / 'vitrine.db'}: cannot be read (")
    assert schema_of(home / "vitrine.db") == "0001"


def test_without_the_key_of_the_home_a_line_finds_its_like(home: Path, log: Path) -> None:
    (home / "secret").unlink()
    assert found(STRANGER, log, home) == (0, [line(STRANGER)], "")
    code, lines, said = found("ada", log, home)
    assert (code, lines) == (1, [])
    assert "there is no key to find a visitor's id with" in said
