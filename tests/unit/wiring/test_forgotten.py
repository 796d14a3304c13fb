"""Which lists of who was erased a restore goes by."""

from __future__ import annotations

from pathlib import Path

import pytest

from vitrine.adapters.forgotten_file import NAME, Forgetting, NoListError, write
from vitrine.wiring.forgotten import lists_of

ENTRY = Forgetting(13, "0" * 32)


def test_a_list_of_the_home_that_was_begun_and_never_written_stops_no_restore(
    tmp_path: Path,
) -> None:
    assert lists_of(tmp_path, ()) == {}
    own, named = tmp_path / NAME, tmp_path / "named"
    own.touch()
    write(named, [ENTRY])
    assert lists_of(tmp_path, ()) == {str(own): set()}
    assert lists_of(tmp_path, (named, named)) == {str(own): set(), str(named): {ENTRY}}


def test_a_list_that_was_named_or_has_other_words_is_refused(tmp_path: Path) -> None:
    own = tmp_path / NAME
    own.touch()
    with pytest.raises(NoListError):
        lists_of(tmp_path, (own,))
    own.write_text("words of something else\n")
    with pytest.raises(NoListError):
        lists_of(tmp_path, ())
