"""What a service keeps out of its log."""

from __future__ import annotations

from pathlib import Path

import pytest

from vitrine.settings import Settings
from vitrine.wiring.service import passwords_in


@pytest.mark.parametrize(
    ("setting", "url", "meant"),
    [
        ("database_url", "postgresql:///db?host=/run&password=a%2Bb+c%25x", "a+b+c%x"),
        ("database_url", "postgresql://ada:a%2Bb+c%25x@host/db", "a+b+c%x"),
        ("redis_url", "redis://host?password=a%2Bb+c", "a+b c"),
        ("redis_url", "redis://:a%2Bb+c@host", "a+b+c"),
    ],
)
def test_a_password_is_known_as_it_is_written_and_as_its_client_reads_it(
    tmp_path: Path, setting: str, url: str, meant: str
) -> None:
    found = passwords_in(Settings.load(home=tmp_path, **{setting: url}))
    assert meant in found
    assert any(word in url for word in found), "as it is written"


def test_an_address_without_a_password_has_none(tmp_path: Path) -> None:
    urls = {"redis_url": "redis://host", "database_url": "postgresql://ada@host/db"}
    assert passwords_in(Settings.load(home=tmp_path, **urls)) == set()
