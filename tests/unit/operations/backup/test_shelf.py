"""Archives in a directory: the newest is found, and only a home's own older ones go."""

from __future__ import annotations

from pathlib import Path

import pytest

from vitrine.operations.backup.shelf import NoArchiveError, archive_at, name_for, remove_older

OWN, OTHER = "0a1b2c3d", "ffffffff"
FOREIGN = (
    name_for("20251231T000000Z", OTHER, sealed=False),
    "vitrine-backup-20250101T000000Z.tar.gz",
    "vitrine-backup-20250101T000000Z-0a1b2c3d.tar.gz.unverified",
    "vitrine-backup-20270101T000000Z-0a1b2c3d.tar.gz.unverified",
    "my-vitrine-backup-20250101T000000Z-0a1b2c3d.tar.gz",
    "notes.txt",
)


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    for day in range(1, 6):
        (tmp_path / name_for(f"2026010{day}T000000Z", OWN, sealed=day % 2 == 0)).touch()
    for name in FOREIGN:
        (tmp_path / name).touch()
    (tmp_path / name_for("20240101T000000Z", OWN, sealed=False)).mkdir()
    return tmp_path


def test_the_newest_verified_one_is_meant_by_a_directory(shelf: Path, tmp_path: Path) -> None:
    newest = shelf / "vitrine-backup-20260105T000000Z-0a1b2c3d.tar.gz"
    assert archive_at(shelf) == newest
    assert archive_at(newest) == newest
    (tmp_path / "empty").mkdir()
    with pytest.raises(NoArchiveError, match="empty holds no verified backup"):
        archive_at(tmp_path / "empty")


def test_only_older_ones_of_the_home_are_removed(shelf: Path) -> None:
    gone = remove_older(shelf, OWN, 2)
    days = [path.name.removeprefix("vitrine-backup-")[:8] for path in gone]
    assert days == ["20260103", "20260102", "20260101"]
    left = {path.name for path in shelf.iterdir()}
    assert left >= set(FOREIGN)
    assert len(left) == len(FOREIGN) + 3
    assert remove_older(shelf, OWN, 2) == []


def test_without_a_mark_nothing_is_removed(shelf: Path) -> None:
    assert remove_older(shelf, "", 1) == []
