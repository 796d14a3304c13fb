from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from vitrine import __version__, cli
from vitrine.adapters.database.migrate import migrate
from vitrine.adapters.database.schema import HEAD
from vitrine.adapters.database.sqlite.engine import sqlite_engine
from vitrine.cli import COMMANDS, main
from vitrine.settings import Settings


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for field in Settings.model_fields.values():
        monkeypatch.delenv(str(field.alias), raising=False)
    monkeypatch.chdir(tmp_path)


def vitrine(*words: str | Path) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words], prog_name="vitrine")


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_the_help_lists_every_command(option: str) -> None:
    result = vitrine(option)
    assert result.exit_code == 0
    listed = {line.split()[0] for line in result.stdout.splitlines() if line.startswith("  ")}
    assert set(COMMANDS) <= listed


def test_every_command_that_there_is_a_file_for_is_listed() -> None:
    folder = Path(str(cli.__file__)).parent
    named = {
        path.stem.rstrip("_").replace("_", "-")
        for path in folder.glob("*.py")
        if "\ndef command(" in path.read_text()
    }
    assert named == set(COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_explains_itself(name: str) -> None:
    result = vitrine(name, "--help")
    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: vitrine {name}")
    assert result.stderr == ""


def test_the_version_is_told() -> None:
    result = vitrine("--version")
    assert result.exit_code == 0
    assert __version__ in result.stdout


def test_no_command_at_all_shows_the_help_and_is_a_wrong_call() -> None:
    result = vitrine()
    assert result.exit_code == 2
    assert "Commands" in result.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["fly"], "vitrine: No such command 'fly'"),
        (["--fast"], "vitrine: No such option"),
        (["serve", "--port", "0"], "vitrine serve: Invalid value for '--port'"),
        (["serve", "--port", "many"], "vitrine serve: Invalid value for '--port'"),
        (["serve", "extra"], "vitrine serve: Got unexpected extra argument (extra)"),
        (["serve", "--home"], "Option '--home' requires an argument"),
        (["switch", "maybe"], "vitrine switch: Invalid value for"),
        (["backup", "b", "--verify", "--keep", "3"], "vitrine backup: --verify makes no archive"),
        (["restore", "a", "--home", "b", "--before", "c"], "--before names a database on the serv"),
        (["import"], "vitrine import: Missing argument 'FILE'"),
        (["preview", "PIRATE"], "the site has no segment 'PIRATE'"),
        (["simulate", "--rate", "0", "--url", "http://x"], "vitrine simulate: "),
    ],
)
def test_a_wrong_call_is_one_line_and_code_2(words: list[str], said: str) -> None:
    result = vitrine(*words)
    assert result.exit_code == 2
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert said in line
    assert "--help" in line


def test_a_home_that_is_a_file_is_a_wrong_call(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = vitrine("migrate", "--home", tmp_path / "file")
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1


def one_line(result: Result) -> str:
    assert result.exit_code == 1, result.output
    assert "Traceback" not in result.output
    (line,) = result.stderr.splitlines()
    return line


@pytest.mark.parametrize("words", [["migrate"], ["serve"], ["switch"], ["analyse"], ["preview"]])
def test_a_bad_setting_is_one_line(monkeypatch: pytest.MonkeyPatch, words: list[str]) -> None:
    monkeypatch.setenv("DB_POOL_SIZE", "none")
    assert one_line(vitrine(*words)).startswith("DB_POOL_SIZE: ")


@pytest.mark.parametrize("words", [["analyse"], ["preview"], ["check", "nowhere.yaml"]])
def test_a_site_that_is_not_there_is_named(
    monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    monkeypatch.setenv("VITRINE_SITE", "nowhere.yaml")
    result = vitrine(*words)
    assert result.exit_code == 1
    assert "nowhere.yaml" in result.stderr.splitlines()[0]


@pytest.mark.parametrize("words", [["migrate"], ["switch"], ["analyse"], ["preview"]])
def test_a_database_of_a_later_version_is_one_line(tmp_path: Path, words: list[str]) -> None:
    engine = sqlite_engine(tmp_path / "vitrine.db", 1)
    migrate(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    line = one_line(vitrine(*words, "--home", tmp_path))
    assert "schema 9999" in line
    assert HEAD in line


@pytest.mark.parametrize("words", [["migrate"], ["switch", "off"], ["analyse"], ["preview"]])
def test_a_file_that_is_no_database_is_one_line(tmp_path: Path, words: list[str]) -> None:
    (tmp_path / "vitrine.db").write_text("no database " * 100)
    line = one_line(vitrine(*words, "--home", tmp_path))
    assert line == "the database cannot be used: (sqlite3.DatabaseError) file is not a database"


def test_a_log_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    assert "missing.log" in one_line(vitrine("import", "missing.log", "--home", tmp_path))


def test_migrating_says_what_was_done(tmp_path: Path) -> None:
    home = tmp_path / "home"
    first, second = (vitrine("migrate", "--home", home) for _ in range(2))
    assert first.stdout == f"{home / 'vitrine.db'}: brought to schema {HEAD}\n"
    assert second.stdout == f"{home / 'vitrine.db'}: already at schema {HEAD}\n"


def test_the_switch_is_kept_from_call_to_call(tmp_path: Path) -> None:
    assert vitrine("migrate", "--home", tmp_path).exit_code == 0
    for words, said in ((["switch"], "on"), (["switch", "off"], "off"), (["switch"], "off")):
        result = vitrine(*words, "--home", tmp_path)
        assert result.exit_code == 0
        assert result.stdout.startswith(f"personalization is {said}")
    assert vitrine("switch", "on", "--home", tmp_path).stdout.startswith("personalization is on")


@pytest.mark.parametrize("words", [("switch", "off"), ("analyse",)])
def test_a_home_that_is_not_there_is_not_made_by_mistake(
    tmp_path: Path, words: tuple[str, ...]
) -> None:
    result = vitrine(*words, "--home", tmp_path / "typo")
    assert result.exit_code == 1
    assert result.stderr == f"there is no home at {tmp_path / 'typo'}; name one with --home\n"
    assert not (tmp_path / "typo").exists()


def test_a_home_belongs_to_one_site(tmp_path: Path) -> None:
    assert vitrine("migrate", "--home", tmp_path).exit_code == 0
    assert vitrine("analyse", "--home", tmp_path, "--site", "semicomplete").exit_code == 0
    result = vitrine("analyse", "--home", tmp_path, "--site", "portfolio")
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == 1
    assert "belongs to the site 'semicomplete', not to 'portfolio'" in result.stderr


def test_a_preview_shows_a_segment_or_the_default_page(tmp_path: Path) -> None:
    shown = vitrine("preview", "STUDENT", "--json", "--home", tmp_path)
    assert json.loads(shown.stdout)["segment"] == "STUDENT"
    assert "(default page)" in vitrine("preview", "--home", tmp_path).stdout


def test_the_schema_is_json() -> None:
    assert json.loads(vitrine("schema").stdout)["type"] == "object"
