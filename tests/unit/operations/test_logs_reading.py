"""A log is followed line by line, through whatever happens to its file."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vitrine.operations.logs import reading
from vitrine.operations.logs.parts import Reach
from vitrine.operations.logs.places import family
from vitrine.operations.logs.reading import Audience, Growing, followed, lines_from, starts
from vitrine.usecases.log_search import Wanted


def _nothing() -> None:
    """Let the follower look once more."""


def seen(path: Path, *events: Callable[[], object]) -> list[bytes]:
    """Return what a follower sees while one thing after the other happens between its looks."""
    waiting = iter((*events, *[_nothing] * 3))

    def stays() -> bool:
        event = next(waiting, None)
        if event is not None:
            event()
        return event is not None

    return list(followed(path, Growing(path.open("rb")), stays))


def appended(path: Path, content: bytes) -> Callable[[], object]:
    def append() -> None:
        with path.open("ab") as file:
            file.write(content)

    return append


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "service.log"
    made.write_bytes(b"first\n")
    return made


def test_a_line_is_shown_when_it_is_whole(path: Path) -> None:
    assert seen(path, appended(path, b"sec"), appended(path, b"ond\nth"), appended(path, b"")) == [
        *(b"first\n", b"second\n")
    ]


def test_a_file_that_is_renamed_is_read_to_its_end_and_its_successor_after_it(path: Path) -> None:
    earlier = path.with_name("service.log.1")

    def rotate() -> None:
        appended(path, b"second\n")()
        path.rename(earlier)

    events = (rotate, appended(earlier, b"late\nhalf"), appended(path, b"third\n"))
    assert seen(path, *events) == [b"first\n", b"second\n", b"late\n", b"half\n", b"third\n"]


def test_files_that_came_and_went_between_two_looks_are_read_too(path: Path) -> None:
    def rotate_twice() -> None:
        path.rename(path.with_name("service.log.2"))
        path.with_name("service.log.1").write_bytes(b"second\n")
        path.write_bytes(b"third\n")

    assert seen(path, rotate_twice) == [b"first\n", b"second\n", b"third\n"]


def rotated(path: Path, content: bytes) -> None:
    """Rename each file of a log to the next number, and begin another one."""
    for file in family(path):
        number = int(file.suffix.removeprefix(".")) if file != path else 0
        file.rename(path.with_name(f"{path.name}.{number + 1}"))
    path.write_bytes(content)


def rotating_at_first(path: Path, content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the files rotated once, after the first of them is opened and before the others are."""
    open_once = Path.open

    def opened(file: Path, *mode: Any) -> Any:
        found = open_once(file, *mode)
        monkeypatch.undo()
        rotated(path, content)
        return found

    monkeypatch.setattr(Path, "open", opened)


def test_a_rotation_while_files_are_opened_loses_and_doubles_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rotated(path, b"second\n")
    rotating_at_first(path, b"third\n", monkeypatch)
    found = starts(path, Reach(Wanted(), None), pytest.fail)
    assert list(lines_from(found)) == [b"first\n", b"second\n", b"third\n"]


def test_a_rotation_while_a_follower_opens_the_newer_files_loses_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rotate() -> None:
        rotated(path, b"second\n")
        rotated(path, b"third\n")
        rotating_at_first(path, b"fourth\n", monkeypatch)

    assert seen(path, rotate) == [b"first\n", b"second\n", b"third\n", b"fourth\n"]


def test_a_file_that_is_compressed_at_once_is_followed_by_what_has_its_name(path: Path) -> None:
    def rotate_and_compress() -> None:
        path.unlink()
        path.with_name("service.log.1.gz").write_bytes(b"compressed")
        path.write_bytes(b"second\n")

    assert seen(path, rotate_and_compress) == [b"first\n", b"second\n"]


def test_a_file_that_is_emptied_is_read_from_its_beginning(path: Path) -> None:
    assert seen(path, lambda: path.write_bytes(b"new\n")) == [b"first\n", b"new\n"]


def test_nothing_is_lost_while_no_file_has_the_name(path: Path) -> None:
    gone = path.with_name("service.log.1")
    events = (lambda: path.rename(gone), lambda: None, lambda: path.write_bytes(b"second\n"))
    assert seen(path, *events) == [b"first\n", b"second\n"]


def test_a_line_without_an_end_comes_in_pieces(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LONGEST", 100)
    monkeypatch.setattr(reading, "BLOCK", 60)
    found = seen(path, appended(path, b"x" * 250), appended(path, b"\nnext\n"))
    assert b"".join(found) == b"first\n" + b"x" * 250 + b"\nnext\n"
    assert max(map(len, found)) < 200


def test_an_audience_that_leaves_is_noticed_without_a_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reading, "LOOK_EVERY_S", 0.01)
    reader, writer = os.pipe()
    audience = Audience(writer)
    assert audience.stays()
    os.close(reader)
    assert not audience.stays()
    os.close(writer)
