"""Whatever is in the files of a log, the last lines are found and none is lost."""

from __future__ import annotations

import gzip
import io
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.operations.logs import parts as module
from vitrine.operations.logs.parts import Reach, backwards, pieces
from vitrine.operations.logs.places import NoLogError, family
from vitrine.operations.logs.reading import lines_from, starts
from vitrine.usecases.log_search import Wanted, is_wanted, read

PRINTED = st.lists(st.binary(max_size=30) | st.just(b"\n"), max_size=30).map(b"".join)
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


def line(second: int, level: str = "INFO", **members: Any) -> bytes:
    body = {
        "timestamp": f"2026-03-01T10:{second // 60:02d}:{second % 60:02d}.000Z",
        "level": level,
        "logger": "vitrine.http",
        "message": "Request finished",
        **members,
    }
    return json.dumps(body).encode() + b"\n"


def last(path: Path, most: int | None = None, stop: str = "", **wanted: Any) -> list[bytes]:
    """Return what the command would look at and let pass."""
    reach = Reach(Wanted(own=True, **wanted), most, stop)
    told: list[str] = []
    found = list(lines_from(starts(path, reach, told.append)))
    return [one for one in found if reach.passes(one)] + [one.encode() for one in told]


def filled(folder: Path, *lines: bytes, name: str = "service.log") -> Path:
    path = folder / name
    content = b"".join(lines)
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return path


@given(PRINTED, st.integers(1, 40), st.integers(1, 40))
def test_read_backwards_a_file_has_the_lines_that_it_has_forwards(
    content: bytes, block: int, longest: int
) -> None:
    with tempfile.TemporaryFile() as file, pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK", block)
        patch.setattr(module, "LONGEST", longest)
        file.write(content)
        file.flush()
        found = list(backwards(file, len(content)))[::-1]
    position, expected = 0, []
    for one in io.BytesIO(content):
        expected.append((position, one[:longest]))
        position += len(one)
    assert found == expected


@given(PRINTED, st.integers(1, 40))
def test_pieces_are_the_file_and_its_last_line_is_ended(content: bytes, longest: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "LONGEST", longest)
        found = b"".join(pieces(io.BytesIO(content)))
    assert found == (content if content.endswith(b"\n") or not content else content + b"\n")


ANYTHING = st.binary(max_size=40) | st.text(max_size=20).map(lambda text: json.dumps(text).encode())
MEMBERS = st.dictionaries(
    st.sampled_from(("timestamp", "level", "logger", "message", "module", "endpoint", "user_id")),
    st.none() | st.integers() | st.text(max_size=8) | st.sampled_from(LEVELS) | st.just(["a"]),
)


@given(ANYTHING | MEMBERS.map(lambda members: json.dumps(members).encode()))
def test_no_line_is_too_strange_to_be_judged(printed: bytes) -> None:
    members = read(printed)
    if members is not None:
        assert is_wanted(members, Wanted("INFO", "a", since="2026", users=("x",))) in {True, False}
    assert Reach(Wanted("INFO", "a"), 1, "2026").passes(printed) in {True, False, None}


@given(
    st.lists(st.sampled_from(LEVELS), max_size=25),
    st.integers(1, 8),
    st.sampled_from(LEVELS),
    st.lists(st.integers(0, 25), max_size=3),
    st.booleans(),
)
def test_the_last_lines_are_those_of_all_files_together(
    levels: list[str], most: int, level: str, cuts: list[int], zipped: bool
) -> None:
    lines = [line(number, one) for number, one in enumerate(levels)]
    edges = sorted(min(cut, len(lines)) for cut in cuts)
    shares = [lines[a:b] for a, b in zip([0, *edges], [*edges, len(lines)], strict=True)]
    with tempfile.TemporaryDirectory() as folder:
        for number, share in enumerate(reversed(shares)):
            ending = f".{number}{'.gz' if zipped else ''}" if number else ""
            filled(Path(folder), *share, name=f"service.log{ending}")
        found = last(Path(folder) / "service.log", most, level=level)
    at_least = LEVELS[LEVELS.index(level) :]
    expected = [one for one, had in zip(lines, levels, strict=True) if had in at_least]
    assert found == expected[-most:]


@pytest.mark.parametrize(
    "names",
    [
        (".10", ".2.gz", ".1", ""),
        ("-20260228", "-20260301.gz", "-20260302", ""),
        ("-20260228", ".2.gz", "-20260301.gz", ".1", ""),
        (".1",),
    ],
)
def test_files_come_in_the_order_in_which_they_were_written(
    tmp_path: Path, names: tuple[str, ...]
) -> None:
    for number, name in enumerate(names):
        made = filled(tmp_path, line(number), name=f"service.log{name}")
        os.utime(made, (number, number))
    for other in (".bak", ".lock", "-notes", "2"):
        filled(tmp_path, b"not of the log\n", name=f"service.log{other}")
    assert [file.name for file in family(tmp_path / "service.log")] == [
        f"service.log{name}" for name in names
    ]
    assert last(tmp_path / "service.log") == [line(number) for number in range(len(names))]


def test_earlier_files_are_read_where_lines_are_wanted_that_far_back(tmp_path: Path) -> None:
    filled(tmp_path, line(1), line(2), name="service.log.2.gz")
    filled(tmp_path, line(3), line(4), name="service.log.1")
    path = filled(tmp_path, line(5))
    assert last(path, 4) == [line(2), line(3), line(4), line(5)]
    at = "2026-03-01T10:00:02.000Z"
    assert last(path, None, at, since=at) == [line(2), line(3), line(4), line(5)]
    later = "2026-03-01T10:00:04.000Z"
    assert last(path, None, later, since=later) == [line(4), line(5)]
    assert last(path, 0) == []


def test_a_large_file_is_read_only_as_far_as_lines_are_wanted(tmp_path: Path) -> None:
    path = filled(tmp_path, line(1))
    with path.open("r+b") as file:  # a gigabyte of nothing, which takes no room on the disk
        file.truncate(1 << 30)
        file.seek(0, 2)
        file.write(b"\n" + line(2) + line(3))
    assert last(path, 2) == [line(2), line(3)]


def test_what_is_no_line_of_ours_passes_whatever_is_wanted(tmp_path: Path) -> None:
    strange = (b"plain words\n", b"\xff\xfe\n", b'{"half": \n', b"[1]\n", b'{"level":"DEBUG"}\n')
    path = filled(tmp_path, line(1), *strange, line(2, "ERROR"), b"no end")
    assert last(path, 50, level="ERROR") == [*strange, line(2, "ERROR"), b"no end\n"]


def test_a_damaged_gzip_file_gives_what_can_be_read_of_it_and_is_named(tmp_path: Path) -> None:
    path = filled(tmp_path, line(99))
    whole = gzip.compress(b"".join(line(number) for number in range(50)))
    damaged = tmp_path / "service.log.1.gz"
    damaged.write_bytes(whole[: len(whole) // 2])
    *_, newest, told = last(path)
    assert newest == line(99)
    assert told == f"{damaged}: the gzip file is damaged or cut short".encode()


def test_what_cannot_be_read_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(NoLogError, match=r"absent\.log: there is no such file"):
        last(tmp_path / "absent.log")
    with pytest.raises(NoLogError, match="cannot be read: no such file"):
        last(tmp_path / "nowhere" / "absent.log")
    with pytest.raises(NoLogError, match="is a directory"):
        last(tmp_path)
