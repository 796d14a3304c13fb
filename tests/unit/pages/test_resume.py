from __future__ import annotations

import re
import zlib

import pytest

from tests.pages import PORTFOLIO
from vitrine.pages.content import editions
from vitrine.pages.resume import resume

EDITIONS = editions(PORTFOLIO)


def words_of(pdf: bytes) -> str:
    """Return what the pages of a file say."""
    streams = re.findall(rb"stream\n(.*?)\nendstream", pdf, re.DOTALL)
    shown = [re.findall(rb"<([0-9a-f]+)> Tj", zlib.decompress(stream)) for stream in streams]
    return "\n".join(
        bytes.fromhex(line.decode()).decode("cp1252") for page in shown for line in page
    )


@pytest.mark.parametrize("language", EDITIONS)
def test_the_resume_says_what_the_pages_say(language: str) -> None:
    edition = EDITIONS[language]
    pdf = resume(edition)
    assert pdf.startswith(b"%PDF-1.7")
    assert pdf.rstrip().endswith(b"%%EOF")
    words = words_of(pdf)
    assert edition.content.name in words
    for post in edition.content.timeline.values():
        assert post.title in words
    assert edition.content.made_up in words
    assert "?" not in words, "a character that the fonts do not have"


def test_no_line_is_wider_than_the_paper() -> None:
    for edition in EDITIONS.values():
        assert max(map(len, words_of(resume(edition)).splitlines())) < 100
