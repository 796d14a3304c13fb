"""Words are found and overwritten in files, wherever they stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from vitrine.adapters import file_search
from vitrine.adapters.file_search import holds, places
from vitrine.adapters.log_traces import LogTraces

WHO, OTHER = "00112233445566778899aabbccddeeff", "ffeeddccbbaa99887766554433221100"
PSEUDONYM, EARLIER = "a" * 32, "b" * 32
"""A visitor, and what stood for them in lines of another week."""


@pytest.mark.parametrize("chunk", [1, 7, 31, 32, 33, 1 << 20])
def test_words_are_found_across_every_border(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(file_search, "CHUNK_BYTES", chunk)
    file = tmp_path / "service.log"
    file.write_text(f"{WHO} a {WHO}{WHO} b {OTHER} {WHO}")
    with file.open("rb") as stream:
        assert list(places(stream, WHO.encode())) == [0, 35, 67, 135]
    assert holds(file, OTHER.encode())
    assert not holds(file, b"nobody")


def test_what_is_not_there_or_empty_holds_nothing(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert not holds(tmp_path / "empty", b"a")
    assert not holds(tmp_path / "absent", b"a")


async def test_a_visitor_is_taken_out_of_every_file_while_somebody_writes_into_it(
    tmp_path: Path,
) -> None:
    older = tmp_path / "earlier" / "service.log.1"
    older.parent.mkdir()
    older.write_text(f'{{"user_id":"{EARLIER}"}}\n')
    at_hand: list[str] = []

    async def names(visitor: str) -> list[str]:
        assert visitor == PSEUDONYM
        return [EARLIER, WHO]

    with (tmp_path / "service.log").open("a") as log:
        log.write(f'{{"user_id":"{WHO}"}}\n{{"user_id":"{OTHER}"}}\n')
        log.flush()
        files = [older, tmp_path / "service.log", tmp_path / "rotated-away"]
        await LogTraces(lambda: files, at_hand.append, names).erase(PSEUDONYM)
        log.write("after\n")
    gone = "-" * len(WHO)
    assert older.read_text() == f'{{"user_id":"{gone}"}}\n'
    assert (tmp_path / "service.log").read_text() == (
        f'{{"user_id":"{gone}"}}\n{{"user_id":"{OTHER}"}}\nafter\n'
    )
    assert at_hand == [PSEUDONYM, EARLIER, WHO]
