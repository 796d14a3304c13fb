from __future__ import annotations

import gzip
import io
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from vitrine.adapters.log_file import LONGEST_LINE, LogFileError, open_log

LINES = [b"one\n", b"two\n", b"three"]
CONTENT = b"".join(LINES)


def test_a_file_can_be_read_as_often_as_need_be(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_bytes(CONTENT)
    with open_log(str(path)) as log:
        assert list(log) == list(log) == LINES
        assert log.size == len(CONTENT)
        assert log.bytes_read == 2 * len(CONTENT)


@pytest.mark.parametrize("name", ["access.log.gz", "access.log"])
def test_gzip_is_told_by_its_content(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(gzip.compress(CONTENT, mtime=0))
    with open_log(str(path)) as log:
        assert list(log) == list(log) == LINES


def test_standard_input_can_be_read_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    class Piped(NamedTuple):
        buffer: io.BytesIO

    monkeypatch.setattr(sys, "stdin", Piped(io.BytesIO(gzip.compress(CONTENT, mtime=0))))
    with open_log("-") as log:
        assert list(log) == list(log) == LINES


def test_an_empty_file_has_no_lines(tmp_path: Path) -> None:
    path = tmp_path / "empty.log"
    path.write_bytes(b"")
    with open_log(str(path)) as log:
        assert list(log) == []


def test_the_rest_of_an_endless_line_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_bytes(b"x" * (3 * LONGEST_LINE + 5) + b"\nnext\n")
    with open_log(str(path)) as log:
        assert list(log) == [b"x" * LONGEST_LINE, b"next\n"]


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("access.log.gz", CONTENT, "is not a gzip file, whatever its name says"),
        ("access.log", b"\x7fELF\0\0", "is a binary file, not an access log"),
        ("gone/access.log", None, "cannot be read: no such file or directory"),
        ("", None, "is a directory, not a file"),
    ],
)
def test_what_is_no_log_is_said_in_one_line(
    tmp_path: Path, name: str, content: bytes | None, problem: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(LogFileError) as caught, open_log(str(path)):
        pass
    assert str(caught.value) == f"{path}: {problem}"


def test_a_damaged_gzip_file_says_so(tmp_path: Path) -> None:
    path = tmp_path / "access.log.gz"
    path.write_bytes(gzip.compress(CONTENT * 1_000, mtime=0)[:-12])
    with open_log(str(path)) as log, pytest.raises(LogFileError, match="damaged or cut short"):
        list(log)


def test_an_error_of_who_reads_the_log_is_not_taken_for_one_of_the_log(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    path.write_bytes(CONTENT)
    with pytest.raises(FileNotFoundError), open_log(str(path)):
        raise FileNotFoundError("something else")
