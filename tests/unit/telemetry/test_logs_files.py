"""Log files: begun anew by size and age, shared with nobody, whole lines or none."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from vitrine.telemetry.logs.files import RotatedFile, Rotation
from vitrine.telemetry.logs.outputs import FileOutput

DAY = 24 * 3600

FULL_DISK = """
import resource, sys
from pathlib import Path
from vitrine.telemetry.logs.files import RotatedFile
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, -1))
file = RotatedFile(Path(sys.argv[1]))
file.write(b"a" * 599 + b"\\n")
try:
    file.write(b"b" * 599 + b"\\n")
except OSError:
    file.write(b"small\\n")
    sys.exit(3)
"""


class Clock:
    def __init__(self, now: float = 10 * DAY + 5) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def contents(path: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in path.parent.iterdir()}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "service.log"


def test_a_file_that_would_get_too_large_becomes_the_first_earlier_one(path: Path) -> None:
    file = RotatedFile(path, Rotation(size=10, kept=2))
    for line in (b"one\n", b"two\n", b"three\n", b"longer than a file\n", b"five\n", b"six\n"):
        file.write(line)
    file.close()
    assert contents(path) == {
        "service.log": b"five\nsix\n",
        "service.log.1": b"longer than a file\n",
        "service.log.2": b"three\n",
    }


def test_fewer_are_kept_when_fewer_are_wanted(path: Path) -> None:
    path.parent.mkdir()
    for number in range(1, 6):
        path.with_name(f"service.log.{number}").write_bytes(b"%d\n" % number)
    path.write_bytes(b"now\n")
    RotatedFile(path, Rotation(size=1, kept=2)).write(b"next\n")
    assert contents(path) == {
        "service.log": b"next\n",
        "service.log.1": b"now\n",
        "service.log.2": b"1\n",
    }


def test_another_file_is_begun_when_the_day_is_over(path: Path) -> None:
    clock = Clock()
    file = RotatedFile(path, Rotation(), clock)
    file.write(b"morning\n")
    clock.now += DAY - 6
    file.write(b"evening\n")
    clock.now += 1
    file.write(b"next day\n")
    assert contents(path) == {
        "service.log": b"next day\n",
        "service.log.1": b"morning\nevening\n",
    }


def test_a_file_that_an_earlier_process_left_on_another_day_is_put_aside(path: Path) -> None:
    first = RotatedFile(path)
    first.write(b"before\n")
    first.close()
    RotatedFile(path, Rotation(), Clock(path.stat().st_mtime + DAY)).write(b"next day\n")
    assert contents(path) == {"service.log": b"next day\n", "service.log.1": b"before\n"}


def test_after_a_restart_the_day_of_the_last_line_counts(path: Path) -> None:
    first = RotatedFile(path)
    first.write(b"before\n")
    first.close()
    RotatedFile(path, Rotation(), Clock(path.stat().st_mtime)).write(b"the same day\n")
    assert list(contents(path)) == ["service.log"]


def test_a_file_that_somebody_renames_or_removes_is_made_anew(path: Path) -> None:
    file = RotatedFile(path)
    file.write(b"one\n")
    path.rename(path.with_name("service.log-20260301"))
    file.write(b"two\n")
    path.unlink()
    file.write(b"three\n")
    assert contents(path) == {"service.log": b"three\n", "service.log-20260301": b"one\n"}


def test_a_file_that_somebody_empties_goes_on_from_its_beginning(path: Path) -> None:
    file = RotatedFile(path)
    file.write(b"one\n")
    path.write_bytes(b"")
    file.write(b"two\n")
    assert path.read_bytes() == b"two\n"


def test_nobody_but_owner_and_group_may_read_it(path: Path) -> None:
    RotatedFile(path).write(b"one\n")
    assert path.stat().st_mode & 0o777 & ~0o640 == 0
    assert path.parent.stat().st_mode & 0o777 & ~0o750 == 0


def test_a_file_that_everybody_may_read_is_closed_to_them(path: Path) -> None:
    path.parent.mkdir()
    path.touch(0o666)
    path.chmod(0o666)
    RotatedFile(path).write(b"one\n")
    assert path.stat().st_mode & 0o777 == 0o640


def test_a_second_writer_is_refused_and_may_write_when_the_first_has_gone(path: Path) -> None:
    first, second = RotatedFile(path), RotatedFile(path)
    first.write(b"first\n")
    with pytest.raises(OSError, match="another process writes to it"):
        second.write(b"second\n")
    first.close()
    second.write(b"second\n")
    assert path.read_bytes() == b"first\nsecond\n"


def test_a_disk_that_is_full_takes_whole_lines_or_none(path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FULL_DISK, str(path)], check=False)
    assert done.returncode == 3
    assert path.read_bytes() == b"a" * 599 + b"\nsmall\n"


def test_lines_that_a_file_does_not_take_are_counted_and_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "logs").write_text("in the way")
    lost: list[str] = []
    output = FileOutput(RotatedFile(tmp_path / "logs" / "service.log"))
    output.begin(lost.extend)
    lines = [("INFO", b"one\n"), ("ERROR", b"two\n")]
    for _ in range(2):
        output.take(lines, b"one\ntwo\n")
    assert lost == ["INFO", "ERROR"] * 2
    (tmp_path / "logs").unlink()
    output.take(lines, b"one\ntwo\n")
    output.close()
    assert (tmp_path / "logs" / "service.log").read_bytes() == b"one\ntwo\n"
    assert [(record.levelno, record.getMessage()) for record in caplog.records] == [
        (logging.ERROR, "Log output fails"),
        (logging.WARNING, "Log output works again"),
    ]
