"""Restoring into a home, as far as no Prometheus is needed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from pathlib import Path

import pytest

from vitrine.operations.backup import restore, verify
from vitrine.operations.backup.archive import packing
from vitrine.operations.backup.layout import kept_files
from vitrine.operations.backup.manifest import Manifest
from vitrine.operations.backup.restoring import HomeTakenError, NotTheSameError
from vitrine.operations.backup.shelf import NoArchiveError


def database(path: Path, events: int) -> Path:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE events (id INTEGER PRIMARY KEY)")
        connection.executemany("INSERT INTO events DEFAULT VALUES", [() for _ in range(events)])
    connection.close()
    return path


def backup(place: Path, *, tables: Mapping[str, int] | None = None, dashboard: str = "own") -> Path:
    """Make an archive whose manifest says what the caller likes."""
    archive = place / "backup.tar.gz"
    with packing(archive) as tar:
        tar.add("home/vitrine.db", database(place / "made.db", 3))
        tar.add_text("home/secret", b"hush")
        tar.add_text("home/grafana/own.json", json.dumps({"uid": dashboard}).encode())
        tar.finish(
            Manifest("0.1.0", "20260101T000000Z", "p", tables or {"events": 3}, {}, ("own",), {})
        )
    return archive


def test_a_home_is_made_whole_with_nothing_beside_it(tmp_path: Path) -> None:
    home = tmp_path / "new" / "home"
    manifest, left = restore(backup(tmp_path), home, None)
    assert (manifest.tables, left) == ({"events": 3}, "")
    assert (home / "secret").read_text() == "hush"
    assert home.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in home.parent.iterdir()] == ["home"]
    found = sorted(path.name for path in home.iterdir())
    assert found == ["grafana", "secret", "vitrine.db"]


def test_an_empty_directory_may_become_the_home(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    restore(backup(tmp_path), tmp_path / "home", None)
    assert (tmp_path / "home" / "secret").exists()


@pytest.mark.parametrize("kind", ["file", "filled", "link"])
def test_what_is_there_is_left_alone(tmp_path: Path, kind: str) -> None:
    home, archive = tmp_path / "home", backup(tmp_path)
    if kind == "file":
        home.write_text("mine")
    elif kind == "filled":
        home.mkdir()
        (home / "lock").touch()
    else:
        (tmp_path / "elsewhere").mkdir()
        home.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(HomeTakenError, match="is there already"):
        restore(archive, home, None)
    assert not (home / "secret").exists()


@pytest.mark.parametrize(
    ("archive", "said"),
    [
        ({"tables": {"events": 4}}, "database: events has 3 rows instead of 4"),
        ({"tables": {"events": 3, "visits": 1}}, "database: visits has None rows instead of 1"),
        ({"dashboard": "another"}, "dashboards: own is another one"),
    ],
)
def test_what_differs_makes_no_home(
    tmp_path: Path, archive: dict[str, dict[str, int]], said: str
) -> None:
    made = backup(tmp_path, **archive)  # type: ignore[arg-type]
    with pytest.raises(NotTheSameError, match=said):
        verify(made, None)
    with pytest.raises(NotTheSameError, match=said):
        restore(made, tmp_path / "home", None)
    assert not (tmp_path / "home").exists()


def test_an_archive_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(NoArchiveError, match="No such file"):
        verify(tmp_path / "missing.tar.gz", None)


def test_secrets_are_kept_and_what_belongs_to_a_running_service_is_not(tmp_path: Path) -> None:
    names = ("secret", "admin-token", "lock", "vitrine.db", "vitrine.db-wal", ".secret.12", "a.db")
    for name in names:
        (tmp_path / name).touch()
    (tmp_path / "logs").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    kept = kept_files(tmp_path, Path("elsewhere") / "a.db")
    assert [path.name for path in kept] == ["admin-token", "secret"]
