"""The list of those who were erased names nobody, and nobody falls off it."""

from __future__ import annotations

from pathlib import Path

import pytest

from vitrine.adapters.forgotten_file import (
    NAME,
    Forgetting,
    ForgottenFile,
    NoListError,
    demanded,
    mark_of,
    read,
    write,
)

KEY, WHO = b"sixteen bytes or more", "0123456789abcdef" * 2
ADA, BEN = mark_of("ada", KEY), mark_of("ben", KEY)


async def test_who_was_erased_is_known_by_the_key_alone(tmp_path: Path) -> None:
    entries = [Forgetting(10, mark_of(WHO, KEY)), Forgetting(20, mark_of("another", KEY))]
    for entry in entries:
        await ForgottenFile(tmp_path).add(entry)
    assert read(tmp_path / NAME) == set(entries)
    assert mark_of(WHO, b"another key altogether") != mark_of(WHO, KEY)
    assert WHO not in (tmp_path / NAME).read_text()
    assert (tmp_path / NAME).stat().st_mode & 0o077 == 0


def test_what_is_no_entry_is_passed_over(tmp_path: Path) -> None:
    assert read(tmp_path / NAME) == set()
    (tmp_path / NAME).write_text(f"no time\n12\n\n12 word\n13 {ADA}\n14 {ADA[:7]}\n")
    write(tmp_path / NAME, [Forgetting(14, BEN)])
    assert read(tmp_path / NAME) == {Forgetting(13, ADA), Forgetting(14, BEN)}
    assert demanded(tmp_path / NAME) == read(tmp_path / NAME)


@pytest.mark.parametrize("content", [b"", b"12 words of something else\n", bytes(range(256)) * 9])
def test_a_list_that_has_to_say_something_is_one(tmp_path: Path, content: bytes) -> None:
    (tmp_path / NAME).write_bytes(content)
    with pytest.raises(NoListError, match="is no list of who was erased: no line of it is an ent"):
        demanded(tmp_path / NAME)
