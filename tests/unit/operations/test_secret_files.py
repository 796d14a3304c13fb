"""Files that a container's user can read, behind a directory that nobody else may enter."""

from __future__ import annotations

from pathlib import Path

import pytest

from vitrine.operations.secret_files import CannotWriteError, write_secrets

TOKEN = Path("deploy/secrets/metrics-token")


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_the_directory_is_its_owners_and_the_files_are_readable_in_it(tmp_path: Path) -> None:
    write_secrets(tmp_path, {TOKEN: "hush"})
    assert mode(tmp_path / TOKEN.parent) == 0o700
    assert mode(tmp_path / TOKEN) == 0o644
    assert (tmp_path / TOKEN).read_text() == "hush"


def test_a_directory_that_was_open_is_closed(tmp_path: Path) -> None:
    (tmp_path / TOKEN.parent).mkdir(parents=True, mode=0o755)
    write_secrets(tmp_path, {TOKEN: "hush"})
    assert mode(tmp_path / TOKEN.parent) == 0o700


def test_a_mounted_file_stays_the_one_that_was_mounted(tmp_path: Path) -> None:
    write_secrets(tmp_path, {TOKEN: "a longer one"})
    mounted = (tmp_path / TOKEN).stat().st_ino
    write_secrets(tmp_path, {TOKEN: "new"})
    assert (tmp_path / TOKEN).stat().st_ino == mounted
    assert (tmp_path / TOKEN).read_text() == "new"


def test_what_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / TOKEN).mkdir(parents=True)
    with pytest.raises(CannotWriteError, match="metrics-token: cannot be written: Is a directory"):
        write_secrets(tmp_path, {TOKEN: "hush"})
